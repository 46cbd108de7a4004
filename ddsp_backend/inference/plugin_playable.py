"""Which models the plug-in can play, and what to train where it cannot."""

from collections.abc import Iterator

from ddsp_backend.errors import ConfigError
from ddsp_backend.inference.model_player import ModelPlayer
from ddsp_backend.inference.plugin_contract import (
    FRAME_RATE,
    FRAME_SIZE,
    N_HARMONICS,
    N_NOISE_BANDS,
    SAMPLE_RATE,
    STATE_SIZE,
)
from ddsp_backend.models.decoders import RnnFcDecoder
from ddsp_backend.models.preprocessing import OnlineF0PowerPreprocessor

_CURE = (
    "Train your recordings with the model Streaming instrument (models/vst/vst.gin), and leave its sizes as they are."
)
_INPUTS = {"f0_scaled", "pw_scaled"}


def require_playable(player: ModelPlayer) -> None:
    """Raises ConfigError, with what to train instead, where the plug-in cannot play such a model."""
    reason = next(_reasons(player), None)
    if reason is not None:
        raise ConfigError(f"DDSP-VST cannot play this model: {reason}", _CURE)


def _reasons(player: ModelPlayer) -> Iterator[str]:
    preprocessor, decoder = player.model.preprocessor, player.model.decoder
    if not isinstance(preprocessor, OnlineF0PowerPreprocessor):
        yield "it plays from loudness, and the plug-in gives pitch and power"
        return
    if not isinstance(decoder, RnnFcDecoder) or set(decoder.input_keys) != _INPUTS:
        yield "it does not play from pitch and power alone, one frame after the other"
        return
    yield from _differences(player, decoder, preprocessor.frame_size)


def _differences(player: ModelPlayer, decoder: RnnFcDecoder, frame_size: int) -> Iterator[str]:
    sizes = dict(decoder.output_splits)
    compared = (
        ("works at {} Hz", player.info.sample_rate, SAMPLE_RATE),
        ("has {} frames a second", player.info.frame_rate, FRAME_RATE),
        ("measures power over {} samples", frame_size, FRAME_SIZE),
        ("has {} harmonics", sizes.get("harmonic_distribution", 0), N_HARMONICS),
        ("has {} noise bands", sizes.get("noise_magnitudes", 0), N_NOISE_BANDS),
        ("remembers {} numbers from frame to frame", int(decoder.initial_state(1).shape[1]), STATE_SIZE),
    )
    for words, own, asked in compared:
        if own != asked:
            yield f"it {words.format(own)}, and the plug-in works with {asked}"
