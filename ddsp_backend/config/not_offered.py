"""Names of the reference that mean nothing here yet, so that a config that uses one hears so and not "did you mean"."""

# fmt: off
NOT_OFFERED = frozenset({
    "AggregateFeaturesEncoder", "BaseMultiProvider", "ConditionalNorm", "DAGLayer", "DilatedConvDecoder",
    "DilatedConvStack", "EmbeddingLoss", "ExpDecayReverb", "ExperimentalDataProvider", "ExpressionEncoder",
    "FIRFilter", "Fc", "FcStack", "FcStackOut", "FilteredNoiseConsistencyLoss", "HarmonicConsistencyLoss",
    "HarmonicToMidiEncoder", "HmmTranscriber", "Identity", "InverseSynthesis", "KDEConsistencyLoss",
    "LegacyTFRecordProvider", "LossGroup", "MfccEncoder", "MfccRnnEncoder", "MfccTimeDistributedRnnEncoder",
    "MidiAutoencoder", "MidiAutoencoderEvaluator", "MidiDecoder", "MidiEncoder", "MidiHeuristicEvaluator",
    "MidiToHarmonicDecoder", "MixedProvider", "NSynthTfds", "NormReluConv", "Normalize", "OneHotEncoder",
    "ParamLoss", "PolyphaseResample", "PretrainedCREPE", "PretrainedCREPEEmbeddingLoss", "ResNet",
    "ResidualLayer", "ResidualStack", "ResnetSinusoidalEncoder", "Rnn", "RnnFc", "RnnSandwich", "SingleGru",
    "Sinusoidal", "SinusoidalToHarmonicEncoder", "StatelessRnn", "SyntheticNotes", "TWMEvaluator", "TWMLoss",
    "TensorToAudio", "Urmp", "UrmpMidi", "VectorQuantization", "WassersteinConsistencyLoss", "Wavetable",
    "ZMidiAutoencoder", "ZippedProvider", "compute_f0", "compute_logmag", "compute_logmel", "compute_loudness",
    "compute_mag", "compute_mel", "compute_mfcc", "frequencies_critical_bands", "frequencies_sigmoid",
    "frequencies_softmax", "segment_notes_batch", "split_to_dict", "sym_exp_sigmoid",
})
# fmt: on
