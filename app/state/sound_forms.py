"""The forms in which a sound is saved, in words."""

from ddsp_backend.jobs.sound_form import SAMPLE_RATES, Depth, SoundForm


def depth_title(depth: Depth) -> str:
    return "32 bit float" if depth is Depth.FLOAT_32 else f"{depth.value} bit"


def rate_title(rate: int) -> str:
    return f"{rate / 1000:g} kHz" if rate else "As the model plays"


def form_title(form: SoundForm) -> str:
    """Such as "44.1 kHz, 16 bit"."""
    return f"{rate_title(form.rate) if form.rate else 'own rate'}, {depth_title(form.depth)}"


def form_of(depth: str, rate: int) -> SoundForm:
    """What the settings say; the usual where that is nothing known."""
    depths = {each.value: each for each in Depth}
    return SoundForm(depths.get(depth, Depth.INT_24), rate if rate in SAMPLE_RATES else 0)
