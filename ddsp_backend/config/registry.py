"""Every name that a gin file may use: the reference's full name, and where the object lies that answers to it.

A gin file may leave out leading parts of a name as long as one object is meant: `@synths.Harmonic()`, `Harmonic.name`.
One config may know further names, of modules that its user allowed (see allowed_modules.py): they are handed around.
Targets are text and imported when a config names them, so that reading this table loads no TensorFlow.
"""

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

_DSP = "ddsp_backend.dsp"
_MODELS = "ddsp_backend.models"
_DATA = "ddsp_backend.data"
_HEURISTICS = "ddsp_backend.evaluation.heuristics"
_SETTINGS = "ddsp_backend.config.settings"
_SWITCHES = "ddsp_backend.config.switches"

TARGETS = {
    "ddsp.core.angular_cumsum": f"{_SWITCHES}:AngularCumsumConfig",
    "ddsp.core.exp_sigmoid": f"{_DSP}.core:exp_sigmoid",
    "ddsp.core.frequencies_critical_bands": f"{_DSP}.scalings:frequencies_critical_bands",
    "ddsp.core.frequencies_sigmoid": f"{_DSP}.scalings:frequencies_sigmoid",
    "ddsp.core.frequencies_softmax": f"{_DSP}.scalings:frequencies_softmax",
    "ddsp.core.harmonic_oscillator_bank": f"{_SWITCHES}:HarmonicOscillatorBankConfig",
    "ddsp.core.oscillator_bank": f"{_SWITCHES}:OscillatorBankConfig",
    "ddsp.core.sym_exp_sigmoid": f"{_DSP}.scalings:sym_exp_sigmoid",
    "ddsp.dags.DAGLayer": f"{_DSP}.dags:DAGLayer",
    "ddsp.dags.run_dag": f"{_SWITCHES}:RunDagConfig",
    "ddsp.effects.ExpDecayReverb": f"{_DSP}.effects:ExpDecayReverb",
    "ddsp.effects.FIRFilter": f"{_DSP}.effects:FIRFilter",
    "ddsp.effects.FilteredNoiseReverb": f"{_DSP}.effects:FilteredNoiseReverb",
    "ddsp.effects.ModDelay": f"{_DSP}.effects:ModDelay",
    "ddsp.effects.Reverb": f"{_DSP}.effects:Reverb",
    "ddsp.losses.AnalysisLoss": f"{_DSP}.analysis_loss:AnalysisLoss",
    "ddsp.losses.EmbeddingLoss": f"{_DSP}.embedding_losses:EmbeddingLoss",
    "ddsp.losses.FilteredNoiseConsistencyLoss": f"{_DSP}.consistency_losses:FilteredNoiseConsistencyLoss",
    "ddsp.losses.HarmonicConsistencyLoss": f"{_DSP}.consistency_losses:HarmonicConsistencyLoss",
    "ddsp.losses.HmmTranscriber": f"{_DSP}.hmm_transcriber:HmmTranscriber",
    "ddsp.losses.KDEConsistencyLoss": f"{_DSP}.consistency_losses:KDEConsistencyLoss",
    "ddsp.losses.LossGroup": f"{_DSP}.losses:LossGroup",
    "ddsp.losses.ParamLoss": f"{_DSP}.losses:ParamLoss",
    "ddsp.losses.PretrainedCREPE": f"{_DSP}.embedding_losses:PretrainedCREPE",
    "ddsp.losses.PretrainedCREPEEmbeddingLoss": f"{_DSP}.embedding_losses:PretrainedCREPEEmbeddingLoss",
    "ddsp.losses.SpectralLoss": f"{_DSP}.losses:SpectralLoss",
    "ddsp.losses.TWMLoss": f"{_DSP}.two_way_mismatch:TWMLoss",
    "ddsp.losses.WassersteinConsistencyLoss": f"{_DSP}.consistency_losses:WassersteinConsistencyLoss",
    "ddsp.processors.Add": f"{_DSP}.processors:Add",
    "ddsp.processors.Crop": f"{_DSP}.processors:Crop",
    "ddsp.processors.Mix": f"{_DSP}.processors:Mix",
    "ddsp.processors.ProcessorGroup": f"{_DSP}.processors:ProcessorGroup",
    "ddsp.spectral_ops.compute_f0": f"{_DSP}.crepe:compute_f0",
    "ddsp.spectral_ops.compute_logmag": f"{_DSP}.spectral:compute_logmag",
    "ddsp.spectral_ops.compute_logmel": f"{_DSP}.mel:compute_logmel",
    "ddsp.spectral_ops.compute_loudness": f"{_DSP}.spectral:compute_loudness",
    "ddsp.spectral_ops.compute_mag": f"{_DSP}.spectral:compute_mag",
    "ddsp.spectral_ops.compute_mel": f"{_DSP}.mel:compute_mel",
    "ddsp.spectral_ops.compute_mfcc": f"{_DSP}.mel:compute_mfcc",
    "ddsp.synths.FilteredNoise": f"{_DSP}.synths:FilteredNoise",
    "ddsp.synths.Harmonic": f"{_DSP}.synths:Harmonic",
    "ddsp.synths.Sinusoidal": f"{_DSP}.synths:Sinusoidal",
    "ddsp.synths.TensorToAudio": f"{_DSP}.synths:TensorToAudio",
    "ddsp.synths.Wavetable": f"{_DSP}.synths:Wavetable",
    "ddsp.training.data_preparation.ddsp_generate_synthetic_dataset.generate_examples": (
        f"{_SETTINGS}:GenerateExamplesConfig"
    ),
    "ddsp.training.data_preparation.synthetic_data.generate_notes": f"{_DATA}.invented_notes:generate_notes",
    "ddsp.training.data_preparation.synthetic_data.generate_notes_v2": f"{_DATA}.invented_notes:generate_notes_v2",
    "ddsp.training.data.LegacyTFRecordProvider": f"{_DATA}.providers:LegacyTFRecordProvider",
    "ddsp.training.data.MixedProvider": f"{_DATA}.mixtures:MixedProvider",
    "ddsp.training.data.NSynthTfds": f"{_DATA}.nsynth:NSynthTfds",
    "ddsp.training.data.SyntheticNotes": f"{_DATA}.synthetic_notes:SyntheticNotes",
    "ddsp.training.data.TFRecordProvider": f"{_DATA}.providers:TFRecordProvider",
    "ddsp.training.data.Urmp": f"{_DATA}.urmp:Urmp",
    "ddsp.training.data.UrmpMidi": f"{_DATA}.urmp:UrmpMidi",
    "ddsp.training.data.UrmpMidiUnsegmented": f"{_DATA}.urmp:UrmpMidiUnsegmented",
    "ddsp.training.data.ZippedProvider": f"{_DATA}.mixtures:ZippedProvider",
    "ddsp.training.decoders.DilatedConvDecoder": f"{_MODELS}.dilated_decoder:DilatedConvDecoder",
    "ddsp.training.decoders.MidiDecoder": f"{_MODELS}.midi_coders:MidiDecoder",
    "ddsp.training.decoders.MidiToHarmonicDecoder": f"{_MODELS}.midi_coders:MidiToHarmonicDecoder",
    "ddsp.training.decoders.RnnFcDecoder": f"{_MODELS}.decoders:RnnFcDecoder",
    "ddsp.training.encoders.AggregateFeaturesEncoder": f"{_MODELS}.encoders:AggregateFeaturesEncoder",
    "ddsp.training.encoders.ExpressionEncoder": f"{_MODELS}.encoders:ExpressionEncoder",
    "ddsp.training.encoders.HarmonicToMidiEncoder": f"{_MODELS}.midi_coders:HarmonicToMidiEncoder",
    "ddsp.training.encoders.MfccEncoder": f"{_MODELS}.encoders:MfccEncoder",
    "ddsp.training.encoders.MfccRnnEncoder": f"{_MODELS}.encoders:MfccRnnEncoder",
    "ddsp.training.encoders.MfccTimeDistributedRnnEncoder": f"{_MODELS}.encoders:MfccTimeDistributedRnnEncoder",
    "ddsp.training.encoders.MidiEncoder": f"{_MODELS}.midi_coders:MidiEncoder",
    "ddsp.training.encoders.OneHotEncoder": f"{_MODELS}.encoders:OneHotEncoder",
    "ddsp.training.encoders.ResnetSinusoidalEncoder": f"{_MODELS}.sinusoidal:ResnetSinusoidalEncoder",
    "ddsp.training.encoders.SinusoidalToHarmonicEncoder": f"{_MODELS}.sinusoidal:SinusoidalToHarmonicEncoder",
    "ddsp.training.eval_util.evaluate": f"{_SETTINGS}:EvaluateConfig",
    "ddsp.training.eval_util.sample": f"{_SETTINGS}:SampleConfig",
    "ddsp.training.evaluators.BasicEvaluator": f"{_SETTINGS}:BasicEvaluatorConfig",
    "ddsp.training.evaluators.F0LdEvaluator": f"{_SETTINGS}:F0LdEvaluatorConfig",
    "ddsp.training.evaluators.MidiAutoencoderEvaluator": f"{_SETTINGS}:MidiAutoencoderEvaluatorConfig",
    "ddsp.training.evaluators.MidiHeuristicEvaluator": f"{_SETTINGS}:MidiHeuristicEvaluatorConfig",
    "ddsp.training.evaluators.TWMEvaluator": f"{_SETTINGS}:TWMEvaluatorConfig",
    "ddsp.training.heuristics.amp_pooled_outliers": f"{_HEURISTICS}:amp_pooled_outliers",
    "ddsp.training.heuristics.mean_f0": f"{_HEURISTICS}:mean_f0",
    "ddsp.training.heuristics.median_amps": f"{_HEURISTICS}:median_amps",
    "ddsp.training.heuristics.median_f0": f"{_HEURISTICS}:median_f0",
    "ddsp.training.heuristics.midi_heuristic": f"{_HEURISTICS}:midi_heuristic",
    "ddsp.training.heuristics.midi_heuristic_power": f"{_HEURISTICS}:midi_heuristic_power",
    "ddsp.training.heuristics.power_pooled_outliers": f"{_HEURISTICS}:power_pooled_outliers",
    "ddsp.training.heuristics.segment_notes_batch": f"{_HEURISTICS}:segment_notes_batch",
    "ddsp.training.heuristics.strided_freq_change": f"{_HEURISTICS}:strided_freq_change",
    "ddsp.training.models.Autoencoder": f"{_MODELS}.autoencoder:Autoencoder",
    "ddsp.training.models.LossSchedule": f"{_MODELS}.loss_schedule:LossSchedule",
    "ddsp.training.models.InverseSynthesis": f"{_MODELS}.inverse_synthesis:InverseSynthesis",
    "ddsp.training.models.MidiAutoencoder": f"{_MODELS}.midi_autoencoder:MidiAutoencoder",
    "ddsp.training.models.ZMidiAutoencoder": f"{_MODELS}.z_midi_autoencoder:ZMidiAutoencoder",
    "ddsp.training.models.get_model": f"{_SETTINGS}:get_model",
    "ddsp.training.nn.ConditionalNorm": f"{_MODELS}.normalization:ConditionalNorm",
    "ddsp.training.nn.DilatedConvStack": f"{_MODELS}.dilated:DilatedConvStack",
    "ddsp.training.nn.Fc": f"{_MODELS}.layers:Fc",
    "ddsp.training.nn.FcStack": f"{_MODELS}.layers:FcStack",
    "ddsp.training.nn.FcStackOut": f"{_MODELS}.sequences:FcStackOut",
    "ddsp.training.nn.Identity": f"{_MODELS}.sequences:Identity",
    "ddsp.training.nn.NormReluConv": f"{_MODELS}.resnet:NormReluConv",
    "ddsp.training.nn.Normalize": f"{_MODELS}.normalization:Normalize",
    "ddsp.training.nn.PolyphaseResample": f"{_MODELS}.convolutions:PolyphaseResample",
    "ddsp.training.nn.ResNet": f"{_MODELS}.resnet:ResNet",
    "ddsp.training.nn.ResidualLayer": f"{_MODELS}.resnet:ResidualLayer",
    "ddsp.training.nn.ResidualStack": f"{_MODELS}.resnet:ResidualStack",
    "ddsp.training.nn.Rnn": f"{_MODELS}.sequences:Rnn",
    "ddsp.training.nn.RnnFc": f"{_MODELS}.sequences:RnnFc",
    "ddsp.training.nn.RnnSandwich": f"{_MODELS}.sequences:RnnSandwich",
    "ddsp.training.nn.SingleGru": f"{_MODELS}.sequences:SingleGru",
    "ddsp.training.nn.StatelessRnn": f"{_MODELS}.recurrent:StatelessRnn",
    "ddsp.training.nn.VectorQuantization": f"{_MODELS}.vector_quantization:VectorQuantization",
    "ddsp.training.nn.split_to_dict": f"{_MODELS}.sequences:split_to_dict",
    "ddsp.training.preprocessing.F0LoudnessPreprocessor": f"{_MODELS}.preprocessing:F0LoudnessPreprocessor",
    "ddsp.training.preprocessing.F0PowerPreprocessor": f"{_MODELS}.preprocessing:F0PowerPreprocessor",
    "ddsp.training.preprocessing.LegacyF0LoudnessPreprocessor": f"{_MODELS}.old_loudness:LegacyF0LoudnessPreprocessor",
    "ddsp.training.preprocessing.OnlineF0PowerPreprocessor": f"{_MODELS}.preprocessing:OnlineF0PowerPreprocessor",
    "ddsp.training.train_util.train": f"{_SETTINGS}:TrainConfig",
    "ddsp.training.trainers.Trainer": f"{_SETTINGS}:TrainerConfig",
    "ddsp.training.trainers.get_trainer_class": f"{_SWITCHES}:get_trainer_class",
}


OwnNames = tuple[tuple[str, str], ...]
"""Names that one config may use besides those of the table, each with its target."""


@dataclasses.dataclass(frozen=True)
class Configurable:
    """An object that a gin file may name."""

    selector: str
    """The full name, as in the reference."""
    target: str
    """module:attribute of the class or function."""

    @property
    def short_name(self) -> str:
        """The shortest name that means only this."""
        parts = self.selector.split(".")
        for n in range(1, len(parts)):
            name = ".".join(parts[-n:])
            if len(matching(name)) == 1:
                return name
        return self.selector

    def load(self) -> Callable[..., Any]:
        """The class or function itself."""
        module, _, name = self.target.partition(":")
        found: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return found

    @property
    def takes_any_parameter(self) -> bool:
        """Whether any name may be bound, such as a processor's in a group."""
        kinds = [parameter.kind for parameter in _signature(self.target).parameters.values()]
        return inspect.Parameter.VAR_KEYWORD in kinds

    def parameters(self) -> dict[str, inspect.Parameter]:
        """What a config may bind, with annotations and default values."""
        return {
            name: parameter
            for name, parameter in _signature(self.target).parameters.items()
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        }


@cache
def _signature(target: str) -> inspect.Signature:
    function = Configurable("", target).load()
    try:
        return inspect.signature(function, eval_str=True)
    except NameError:  # a user's own class, whose annotations only type checkers can read: any value may be meant
        plain = inspect.signature(function)
        bare = [each.replace(annotation=inspect.Parameter.empty) for each in plain.parameters.values()]
        return plain.replace(parameters=bare)


@cache
def matching(name: str, own: OwnNames = ()) -> tuple[Configurable, ...]:
    """Everything that `name`, a full name or the end of one, can mean."""
    return tuple(
        Configurable(selector, target)
        for selector, target in (*TARGETS.items(), *own)
        if selector == name or selector.endswith(f".{name}")
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names what was probably meant, or nothing."""
    lower = {entry.lower(): entry for entry in known}
    found = get_close_matches(name.lower(), lower, n=2, cutoff=0.6)
    return f"Did you mean {' or '.join(lower[match] for match in found)}?" if found else ""


def nearest_configurable(name: str, own: OwnNames = ()) -> str:
    """The same for the name of a class or function."""
    known = (*TARGETS, *dict(own))
    return nearest(name.rsplit(".", 1)[-1], (selector.rsplit(".", 1)[-1] for selector in known))
