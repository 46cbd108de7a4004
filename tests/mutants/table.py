"""Small errors that somebody could make, and for each the test that notices.

A mutant whose old text is no longer in its file fails: change the table together with the code, so that it stays true.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    """`old` stands once in `file`; with `new` in its place `test` fails."""

    name: str
    file: str
    old: str
    new: str
    test: str


MUTANTS = (
    # --- the boundary: a job's folder ---------------------------------------------------------------------------------
    Mutant(
        "a line of the journal that comes twice is told twice",
        "ddsp_backend/jobs/folder.py",
        "if seq <= self._last_seq:",
        "if False:",
        "tests/jobs/test_folder.py::test_that_a_line_that_comes_twice_is_told_once",
    ),
    Mutant(
        "a full disk is no cause of death",
        "ddsp_backend/jobs/folder.py",
        "if free < _FULL_DISK:",
        "if False:",
        "tests/jobs/test_folder.py::test_that_a_process_that_died_on_a_full_disk_is_said_to_have",
    ),
    # --- shared models: files that anybody may have written ---------------------------------------------------------
    Mutant(
        "a part of a shared model may be as large as it likes",
        "ddsp_backend/sharing/archive.py",
        "if info.file_size > limit:",
        "if False:",
        "tests/sharing/test_hostile_files.py::test_that_a_bomb_is_refused_before_it_is_unpacked",
    ),
    Mutant(
        "the directory of a shared model may be as long as it likes",
        "ddsp_backend/sharing/archive.py",
        "if n_bytes > _LONGEST_DIRECTORY or",
        "if",
        "tests/sharing/test_hostile_files.py::test_that_an_endless_directory_is_refused_before_it_is_read",
    ),
    Mutant(
        "settings from elsewhere may name everything that a gin file can",
        "ddsp_backend/config/model_config.py",
        "if not resolve(name, place).selector.startswith(_PARTS):",
        "if not resolve(name, place):",
        "tests/sharing/test_hostile_files.py::test_that_settings_that_are_no_models_are_refused",
    ),
    Mutant(
        "settings from elsewhere may include files",
        "ddsp_backend/config/statements.py",
        "if folders is None:",
        "if False:",
        "tests/sharing/test_hostile_files.py::test_that_an_include_is_refused_without_opening_the_file",
    ),
    Mutant(
        "weights from elsewhere may be no numbers",
        "ddsp_backend/sharing/weights.py",
        "if not np.isfinite(values).all():",
        "if False:",
        "tests/sharing/test_hostile_files.py::test_that_weights_that_are_no_numbers_are_refused",
    ),
    # --- app/state ----------------------------------------------------------------------------------------------------
    Mutant(
        "curves write into each other",
        "app/state/curve.py",
        "if buffer.n_filled != n:",
        "if False:",
        "tests/state/test_curve.py::test_that_an_older_curve_does_not_change_when_a_newer_one_grows",
    ),
    Mutant(
        "a follower that died is a failure although another goes on",
        "app/state/library.py",
        "return bool(job) and any(",
        "return bool(job) and not any(",
        "tests/state/test_library.py::test_that_a_follower_that_died_is_no_failure_where_another_goes_on_with_its_job",
    ),
    Mutant(
        "a pitch may be shifted as far as one likes",
        "app/state/renders.py",
        '"pitch_shift": (-36.0, 36.0)',
        '"pitch_shift": (-1e12, 1e12)',
        "tests/state/test_listening_page.py::test_that_settings_that_make_no_sense_are_those_that_come",
    ),
    Mutant(
        "a clip of a step that comes again is kept",
        "app/state/run_state.py",
        "if at < step}",
        "if at <= step}",
        "tests/state/test_run_state.py::test_that_what_was_played_at_a_step_that_comes_again_is_forgotten",
    ),
    Mutant(
        "of two recordings one is held out whole",
        "app/state/plan.py",
        "len(usable) >= 5",
        "len(usable) >= 2",
        "tests/state/test_plan.py::test_that_what_is_kept_unheard_depends_on_how_many_recordings_there_are",
    ),
    Mutant(
        "half of the recordings are held out",
        "app/state/plan.py",
        "_HELD_OUT_FRACTION = 0.1",
        "_HELD_OUT_FRACTION = 0.5",
        "tests/state/test_plan.py::test_that_a_tenth_is_kept_unheard_to_judge_the_model_by",
    ),
    Mutant(
        "a stop that was asked for does not show",
        "app/state/notices.py",
        "if is_stop_requested:",
        "if False:",
        "tests/state/test_notices.py::test_that_a_stop_is_shown_from_the_press_of_the_button_on",
    ),
    Mutant(
        "the distance shown is the mean of two hundred steps",
        "app/state/curve.py",
        "_N_RECENT = 20",
        "_N_RECENT = 200",
        "tests/state/test_training_page.py::test_that_the_distance_shown_is_the_mean_of_the_last_twenty_steps",
    ),
    Mutant(
        "five hours are no days",
        "app/state/formatting.py",
        "if hours >= 48:",
        "if hours >= 4:",
        "tests/state/test_formatting.py::test_that_a_span_is_as_exact_as_one_can_know_it",
    ),
    Mutant(
        "training again does not say what it does with new recordings",
        "app/state/data_page.py",
        "    if is_trained:\n",
        "    if False:\n",
        "tests/state/test_data_page.py::test_that_a_trained_model_is_trained_on_and_keeps_its_kind",
    ),
    # --- app/controllers ----------------------------------------------------------------------------------------------
    Mutant(
        "another recording of the same name is taken for the one that moved",
        "app/controllers/missing_recordings.py",
        "if not content or _content_of(path) == content",
        "if True",
        "tests/controllers/test_missing_recordings.py::test_that_a_recording_is_found_below_the_folder_by_its_content",
    ),
    Mutant(
        "of several alike the least likely one is taken",
        "app/controllers/missing_recordings.py",
        "key=lambda path: -_common_tail(Path(old), path)",
        "key=lambda path: _common_tail(Path(old), path)",
        "tests/controllers/test_missing_recordings.py::test_that_of_several_alike_the_one_in_a_folder_of_the_same_name_is_taken",
    ),
    Mutant(
        "the bar goes back",
        "app/controllers/time_estimates.py",
        "max(self._fraction, self._clock.share_done(now, self._begun) or 0.0)",
        "self._clock.share_done(now, self._begun) or 0.0",
        "tests/controllers/test_time_estimates.py::test_that_the_bar_never_goes_back_whatever_is_learned_on_the_way",
    ),
    Mutant(
        "old news of another process teach how fast the computer is",
        "app/controllers/time_estimates.py",
        "if self._clock.lessons and self._is_fresh:",
        "if self._clock.lessons:",
        "tests/controllers/test_time_estimates.py::test_that_a_job_that_others_began_teaches_nothing",
    ),
    Mutant(
        "two windows work on one library",
        "app/controllers/takeover.py",
        "if not self._window.take():",
        "if self._window.take() is None:",
        "tests/controllers/test_takeover.py::test_that_a_second_window_is_refused",
    ),
    Mutant(
        "a window works beside the caretaker",
        "app/controllers/takeover.py",
        "if self._caretaker.take():",
        "if not self._caretaker.take() or True:",
        "tests/controllers/test_takeover.py::test_that_a_caretaker_is_waited_for",
    ),
    # --- ddsp_backend/config ------------------------------------------------------------------------------------------
    Mutant(
        "scopes are not heard",
        "ddsp_backend/config/bindings.py",
        "for depth in range(len(scope) + 1):",
        "for depth in range(1):",
        "tests/config/test_parse.py::test_that_a_scope_wins_over_the_bare_name_and_reaches_what_is_called_within",
    ),
    Mutant(
        "a macro that nothing reads is no slip",
        "ddsp_backend/config/bindings.py",
        "if name not in self.mentioned_macros:",
        "if False:",
        "tests/config/test_parse.py::test_that_a_slip_is_answered_with_what_was_meant",
    ),
    Mutant(
        "a macro that is defined by itself is followed for ever",
        "ddsp_backend/config/bindings.py",
        "if name in macros:",
        "if False:",
        "tests/config/test_parse.py::test_that_a_macro_defined_by_itself_is_refused",
    ),
    Mutant(
        "a gin file may import what only begins like ddsp",
        "ddsp_backend/config/statements.py",
        "_ACCEPTED_IMPORTS.fullmatch(module)",
        "_ACCEPTED_IMPORTS.match(module)",
        "tests/config/test_parse.py::test_that_a_slip_is_answered_with_what_was_meant",
    ),
    Mutant(
        "an evaluation starts from the oldest config of a run",
        "ddsp_backend/config/operative.py",
        "found[max(found)]",
        "found[min(found)]",
        "tests/config/test_operative.py::test_that_the_newest_is_found_in_a_folder_and_beside_a_checkpoint",
    ),
    Mutant(
        "presets stand in the order of their file names",
        "ddsp_backend/config/presets.py",
        "key=lambda preset: preset.rank",
        "key=lambda preset: preset.gin_file",
        "tests/config/test_presets.py::test_that_the_recommended_preset_comes_first",
    ),
    # --- playing live -------------------------------------------------------------------------------------------------
    Mutant(
        "the pedal holds nothing",
        "ddsp_backend/live/voice.py",
        "if key[0] in self._pedals:",
        "if False:",
        "tests/live/test_voice.py::test_that_the_pedal_holds_notes_and_a_key_that_is_down_goes_before_them",
    ),
    Mutant(
        "a key that comes up with a note on of velocity 0 goes down",
        "ddsp_backend/live/midi_messages.py",
        "if kind == 0x9 and data[1]:",
        "if kind == 0x9:",
        "tests/live/test_midi_messages.py::test_that_bytes_are_understood_however_they_are_cut",
    ),
    Mutant(
        "drums are played as notes",
        "ddsp_backend/live/midi_file.py",
        "status & 0x0F != _DRUMS",
        "status & 0x0F != 99",
        "tests/live/test_midi_file.py::test_that_time_codes_drums_and_other_chunks_are_known",
    ),
)
