"""What is wrong with a recording, by how much, and what to do with it."""

import math

from ddsp_backend.audio.survey import LOW_SAMPLE_RATE, QUIET_PEAK
from ddsp_backend.inspection.frames import Frames, Mask
from ddsp_backend.inspection.listening import Heard
from ddsp_backend.jobs.events import Finding, Verdict

SHORT_SECONDS = 4.0  # sounding: one example of the presets
NO_PITCH_SHARE = 0.3  # sure frames among the sounding ones: below, a pitch is chance
UNSURE_PITCH_SHARE = 0.7  # a clean take of a wind or string instrument has nine tenths and more
SILENCE_SHARE = 0.6  # most of what is learned would be silence
CHANNELS_DIFFER_SHARE = 0.4  # two microphones of one source lose a fifth; two sources with nothing in common a half
CHANNELS_CANCEL_SHARE = 0.75  # more than different channels can lose: one is the other turned around
NOISE_DB = 25.0  # below the notes: a breathy flute has 27, a hissing tape less
LOOKED_AT_DB = 30.0  # below the loudest notes: what is softer is their end, in a room

VOICES_SHARE = 0.15  # one clean voice stays below a tenth; two mixed ones come to a quarter, but for low pairs
HOPELESS_VOICES_SHARE = 0.4  # three mixed ones
HUM_DB = 50.0  # below the loudest notes: further down it is as soft as a good room
HUM_SECONDS, HUM_SEMITONES = 6.0, 1.0  # what lasts through less time, or fewer notes, may be a note

_HOPELESS = frozenset({Finding.NO_PITCH, Finding.CHANNELS_CANCEL, Finding.UNREADABLE})


def find(heard: Heard) -> dict[Finding, float]:
    """Each finding with its size, in the unit that `Finding` names."""
    found = _of_pitch(heard.frames)
    if Finding.NO_PITCH not in found:  # of what has no pitch nobody can tell the notes from the rest
        found |= {**_of_length(heard), **_of_voices(heard), **_of_noise(heard), **_of_room(heard)}
    found |= _of_signal(heard)
    return {finding: round(size, 4) for finding, size in found.items()}


def judge(findings: dict[Finding, float]) -> Verdict:
    if _HOPELESS & findings.keys() or findings.get(Finding.SEVERAL_VOICES, 0) > HOPELESS_VOICES_SHARE:
        return Verdict.LEAVE_OUT
    return Verdict.WARN if findings else Verdict.FINE


def _of_pitch(frames: Frames) -> dict[Finding, float]:
    # Steady noise does not sound above its own floor: what counts too is whether the loudest frames have a pitch.
    share = min(_share(frames.sure, frames.sounding), _share(frames.sure, frames.loudest))
    if share < NO_PITCH_SHARE:
        return {Finding.NO_PITCH: share}
    if share < UNSURE_PITCH_SHARE:
        return {Finding.UNSURE_PITCH: share}
    return {}


def _share(part: Mask, whole: Mask) -> float:
    return float((part & whole).sum() / whole.sum()) if whole.any() else 0.0


def _of_length(heard: Heard) -> dict[Finding, float]:
    found: dict[Finding, float] = {}
    sounding = heard.frames.seconds(heard.frames.sounding)
    if sounding < SHORT_SECONDS:
        found[Finding.SHORT] = sounding
    silence = 1 - sounding / heard.seconds
    if silence > SILENCE_SHARE:
        found[Finding.SILENCE] = silence
    return found


def _of_voices(heard: Heard) -> dict[Finding, float]:
    frames = heard.frames
    share = heard.voices.share(frames.voiced & (frames.level_db > frames.loud_db - LOOKED_AT_DB))
    return {Finding.SEVERAL_VOICES: share} if share > VOICES_SHARE else {}


def _of_noise(heard: Heard) -> dict[Finding, float]:
    found: dict[Finding, float] = {}
    frames = heard.frames
    hum = frames.loud_db - heard.hum.level_db
    if hum < HUM_DB and heard.seconds >= HUM_SECONDS and frames.note_spread > HUM_SEMITONES:
        found[Finding.HUM] = hum
    noise = heard.voices.noise_db(frames.voiced)
    if noise < NOISE_DB:
        found[Finding.NOISE] = noise
    return found


def _of_room(heard: Heard) -> dict[Finding, float]:
    seconds = heard.room.resounding_seconds()
    return {} if seconds is None else {Finding.REVERBERATION: seconds}


def _of_signal(heard: Heard) -> dict[Finding, float]:
    found: dict[Finding, float] = {}
    if heard.channels.lost > CHANNELS_CANCEL_SHARE:
        found[Finding.CHANNELS_CANCEL] = heard.channels.lost
    elif heard.channels.lost > CHANNELS_DIFFER_SHARE:
        found[Finding.CHANNELS_DIFFER] = heard.channels.lost
    if heard.clipping.share:
        found[Finding.CLIPPED] = heard.clipping.share
    if heard.peak < QUIET_PEAK:
        found[Finding.QUIET] = 20 * math.log10(max(heard.peak, 1e-5))
    if heard.sample_rate < LOW_SAMPLE_RATE:
        found[Finding.LOW_RATE] = heard.sample_rate
    return found
