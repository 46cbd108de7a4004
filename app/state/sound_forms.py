"""The forms in which a sound is saved, in words."""

from ddsp_backend.jobs.sound_form import SAMPLE_RATES, Depth, SoundForm

LEVELS = (None, -23.0, -18.0, -16.0, -14.0)
"""LUFS that the window offers; None keeps the loudness."""


def depth_title(depth: Depth) -> str:
    return "32 bit float" if depth is Depth.FLOAT_32 else f"{depth.value} bit"


def rate_title(rate: int) -> str:
    return f"{rate / 1000:g} kHz" if rate else "As the model plays"


def level_title(level: float | None) -> str:
    return "As loud as it is" if level is None else f"Bring to {level:g} LUFS"


def form_title(form: SoundForm) -> str:
    """Such as "44.1 kHz, 16 bit, -23 LUFS"."""
    rate = rate_title(form.rate) if form.rate else "own rate"
    return ", ".join([rate, depth_title(form.depth), *([] if form.level is None else [f"{form.level:g} LUFS"])])


def form_of(depth: str, rate: int, level: float) -> SoundForm:
    """What the settings say; the usual where that is nothing known. Args: level: 0 for none."""
    depths = {each.value: each for each in Depth}
    return SoundForm(
        depths.get(depth, Depth.INT_24),
        rate if rate in SAMPLE_RATES else 0,
        level if level in LEVELS else None,
    )


def all_title(n_sounds: int) -> str:
    return f"Save all {n_sounds} recordings that were played ..."


def saving_title(n_done: int, n_sounds: int) -> str:
    return f"Saving {n_done + 1} of {n_sounds}"


def saved_title(names: list[str]) -> str:
    return f"Saved: {names[0]}" if len(names) == 1 else f"Saved: {len(names)} sounds"


def saved_hint(folder: str, lowered_db: float, n_sounds: int) -> str:
    """Args: lowered_db: The most by which one of them was turned down."""
    if not lowered_db:
        return f"In {folder}."
    by = f"by {lowered_db:.1f} dB" if n_sounds == 1 else f"by up to {lowered_db:.1f} dB"
    return f"In {folder}. {'It was' if n_sounds == 1 else 'Some were'} turned down {by} to fit."
