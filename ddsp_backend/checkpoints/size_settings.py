"""Which setting decides the size of a variable: what is wrong when a checkpoint does not fit."""

_DECIDED_BY = (  # by a part of the variable's name, the first that fits
    ("decoder/dense_out", "output_splits of the decoder"),
    ("encoder/dense_", "z_dims of the encoder"),
    ("rnn", "rnn_channels, or what it is fed with: ch"),
    ("embedding", "vocab_size and n_dims of OneHotEncoder"),
    ("reverb/ir", "reverb_length of Reverb"),
    ("magnitudes", "n_frames and n_filter_banks of FilteredNoiseReverb"),
    ("out_stack", "ch, or rnn_channels"),
    ("stack", "ch, or the features that are given to it"),
)


def where_decided(name: str) -> str:
    """For a message about the variable `name` of a model and of a checkpoint."""
    path = name.replace(".S", "/")  # as an optimizer's moments are filed
    setting = next((setting for part, setting in _DECIDED_BY if part in path), "a setting of this part")
    return (
        f"It is decided by {setting}: for the checkpoint, in the operative config beside it; for this model, in its "
        "gin files and parameters. Make them the same, or choose a folder of its own for each model."
    )
