import numpy as np
import pytest
import scipy.signal

from ddsp_backend.inspection.findings import find, judge
from ddsp_backend.jobs.events import Finding, Verdict
from tests import recordings
from tests.inspection.test_listening import heard

SECONDS, RATE = 12, 44100


def phrase(notes=(60, 64, 67, 62, 69, 65), seed=0) -> np.ndarray:
    """Notes of two seconds with vibrato, attack, decay and breath, a pause after each."""
    random = np.random.default_rng(seed)
    time = np.arange(2 * RATE) / RATE
    envelope = np.minimum(1, time / 0.05) * np.exp(-0.5 * time) * np.clip((1.85 - time) / 0.05, 0, 1)
    parts = []
    for note in notes:
        hz = 440 * 2 ** ((note - 69) / 12) * 2 ** (0.2 / 12 * np.sin(2 * np.pi * 5 * time))
        tone = sum(np.sin(k * 2 * np.pi * np.cumsum(hz) / RATE + k * k) / k for k in range(1, 12))
        parts.append(random.uniform(0.15, 0.3) * envelope * (tone + random.normal(0, 0.01, len(time))))
    return np.concatenate(parts)


def found_in(tmp_path, audio: np.ndarray, suffix: str = ".wav", subtype: str | None = None):
    return find(heard(recordings.write(tmp_path / f"a{suffix}", audio.astype(np.float32), RATE, subtype)))


def hum(hz: float, db: float, audio: np.ndarray) -> np.ndarray:
    time = np.arange(len(audio)) / RATE
    wave = sum(np.sin(2 * np.pi * k * hz * time) / k for k in (1, 2, 3))
    return wave / wave.std() * audio.std() * 10 ** (-db / 20)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".ogg"])
def test_that_a_clean_take_is_fine(tmp_path, suffix):
    findings = found_in(tmp_path, phrase(), suffix)
    assert findings == {}
    assert judge(findings) is Verdict.FINE


@pytest.mark.parametrize("gain_db", [-0.1, -3, -12])
@pytest.mark.parametrize("suffix", [".wav", ".mp3"])
def test_that_clipping_is_found_at_whatever_level_and_through_mp3(tmp_path, gain_db, suffix):
    loud = np.clip(6 * phrase() / np.abs(phrase()).max(), -1, 1) * 10 ** (gain_db / 20)
    findings = found_in(tmp_path, loud, suffix)
    assert 0.05 < findings[Finding.CLIPPED] < 0.9
    assert judge(findings) is Verdict.WARN


def test_that_a_steady_sine_is_not_called_clipped(tmp_path):
    assert Finding.CLIPPED not in found_in(tmp_path, recordings.tone(6, RATE))


@pytest.mark.parametrize("hz", [50, 60])
@pytest.mark.parametrize("db", [10, 30])
def test_that_hum_is_told_by_how_far_it_lies_below_the_notes(tmp_path, hz, db):
    audio = phrase()
    findings = found_in(tmp_path, 0.7 * (audio + hum(hz, db, audio)))
    assert findings[Finding.HUM] == pytest.approx(db + 4, abs=3)  # the loudest notes are above the mean


def resounding(audio: np.ndarray, seconds: float, level_db: float = -6.0) -> np.ndarray:
    """In a room in which sound dies away by 60 dB in so long."""
    time = np.arange(round(1.3 * seconds * RATE)) / RATE
    tail = np.random.default_rng(7).normal(0, 1, len(time)) * 10 ** (-3 * time / seconds)
    tail *= 10 ** (level_db / 20) / np.sqrt(np.square(tail).sum())
    return 0.5 * (audio + scipy.signal.fftconvolve(audio, np.concatenate([np.zeros(400), tail]))[: len(audio)])


@pytest.mark.parametrize("seconds", [1.5, 2.5])
def test_that_a_room_is_told_by_how_long_it_resounds(tmp_path, seconds):
    findings = found_in(tmp_path, resounding(held(), seconds))
    assert findings[Finding.REVERBERATION] == pytest.approx(seconds, rel=0.35)
    assert judge(findings) is not Verdict.FINE


def test_that_small_rooms_and_what_dies_away_by_itself_are_not_called_resounding(tmp_path):
    assert Finding.REVERBERATION not in found_in(tmp_path, held())
    assert Finding.REVERBERATION not in found_in(tmp_path, resounding(held(), 0.5))
    assert Finding.REVERBERATION not in found_in(tmp_path, plucked())


def held() -> np.ndarray:
    """Notes of 0.9 s, each held at its level to its end, and a pause of a second after each."""
    time = np.arange(round(0.9 * RATE)) / RATE
    envelope = np.minimum(1, time / 0.05) * np.clip((0.9 - time) / 0.04, 0, 1)
    parts = [np.zeros(0)]
    for note in (60, 65, 71, 62, 68, 63, 70, 66, 61, 67):
        hz = 440 * 2 ** ((note - 69) / 12)
        parts += [0.2 * envelope * sum(np.sin(2 * np.pi * k * hz * time + k * k) / k for k in range(1, 9))]
        parts += [np.zeros(RATE)]
    return np.concatenate(parts)


def plucked() -> np.ndarray:
    """The same notes; each begins with the next, and goes on dying away for two seconds."""
    time = np.arange(3 * RATE) / RATE
    audio = np.zeros(12 * RATE)
    for number, note in enumerate((60, 64, 67, 62, 69, 65, 59, 66)):
        hz = 440 * 2 ** ((note - 69) / 12)
        tone = sum(np.sin(2 * np.pi * k * hz * time + k * k) / k for k in range(1, 9))
        audio[number * RATE : (number + 3) * RATE] += 0.2 * 10 ** (-1.5 * time) * np.minimum(1, time / 0.005) * tone
    return audio


def test_that_two_voices_are_told(tmp_path):
    findings = found_in(tmp_path, phrase() + phrase((55, 57, 52, 59, 53, 50), seed=1))
    assert findings[Finding.SEVERAL_VOICES] > 0.2


def test_that_three_voices_are_to_be_left_out(tmp_path):
    others = phrase((55, 57, 52, 59, 53, 50), seed=1) + phrase((70, 73, 75, 71, 78, 74), seed=2)
    findings = found_in(tmp_path, phrase() + others)
    assert findings[Finding.SEVERAL_VOICES] > 0.5
    assert judge(findings) is Verdict.LEAVE_OUT


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_that_noise_without_a_pitch_is_to_be_left_out(tmp_path, seed):
    noise = np.random.default_rng(seed).normal(0, 0.1, SECONDS * RATE)
    findings = found_in(tmp_path, noise)
    assert findings.keys() == {Finding.NO_PITCH}
    assert judge(findings) is Verdict.LEAVE_OUT


def test_that_noise_under_the_notes_is_told_and_is_no_second_voice(tmp_path):
    audio = phrase()
    noise = np.random.default_rng(0).normal(0, audio.std() * 10 ** (-12 / 20), len(audio))
    findings = found_in(tmp_path, audio + noise)
    assert findings[Finding.NOISE] < 25
    assert Finding.SEVERAL_VOICES not in findings


def test_that_opposite_channels_cancel(tmp_path):
    audio = phrase()
    findings = found_in(tmp_path, np.stack([audio, -0.95 * audio], axis=1))
    assert findings[Finding.CHANNELS_CANCEL] > 0.99
    assert judge(findings) is Verdict.LEAVE_OUT


def test_that_channels_with_nothing_in_common_differ(tmp_path):
    channels = np.stack([phrase(), phrase((55, 57, 52, 59, 53, 50), seed=1)], axis=1)
    assert found_in(tmp_path, channels)[Finding.CHANNELS_DIFFER] == pytest.approx(0.5, abs=0.06)


def test_that_three_seconds_are_short(tmp_path):
    findings = found_in(tmp_path, phrase()[: 3 * RATE])
    assert findings.keys() == {Finding.SHORT}
    assert findings[Finding.SHORT] < 3


def test_that_a_take_that_is_mostly_silent_says_so(tmp_path):
    audio = np.concatenate([phrase(), np.zeros(30 * RATE)])
    assert found_in(tmp_path, audio)[Finding.SILENCE] == pytest.approx(0.73, abs=0.05)
