"""The main job without a window: generates the demo instrument, trains it, and says where its audio lies."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from app.jobs.child import PROGRAM, ChildJob
from app.jobs.transport import InProcess, Transport
from app.jobs.worker import Worker, WorkerJob
from app.paths import default_library
from app.state.instrument import Instrument, create, load_intake, save, save_intake
from app.state.library import read_story, running_job, scan
from app.state.listening_page import Part, SoundFiles, clip_files, render_files
from app.state.page_parts import JOB_TITLES
from app.state.plan import DEMO_CHOICES, DEMO_NAME, DEMO_WAY, Task, held_out_phrase, render_spec, spec_for
from app.state.renders import Render, RenderOptions, fold_render, load_renders, new_render, save_render
from app.state.run_state import fold
from ddsp_backend.cli.console import EXIT_FAILED, EXIT_FINISHED, readable, show, stopped_by_signals
from ddsp_backend.config.presets import Preset, list_presets
from ddsp_backend.errors import ConfigError, DdspError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, CheckpointSaved, ClipRendered, Event, FileInspected
from ddsp_backend.jobs.spec import InspectSpec, JobSpec

# What the instrument's folder says as well; here it would bury the progress.
_UNSAID = (ArtifactWritten, CheckpointSaved, ClipRendered, FileInspected)


def run_demo(library: Path | None = None, program: tuple[str, ...] = PROGRAM) -> int:
    """Goes the whole way, or goes on where a stopped demo was left. Returns the exit code of a command line."""
    folder = library or default_library()
    try:
        return _Demo(_unfinished(folder) or create(folder, DEMO_NAME, **DEMO_CHOICES), program).run()
    except DdspError as error:
        _say(f"Failed: {error.title}.", error.hint)
    except OSError as error:
        _say(
            f"Failed: {error.strerror or error}: {error.filename or folder}.",
            "Free some space, or choose another folder: ./start --demo --library FOLDER",
        )
    return EXIT_FAILED


class _Demo:
    """Runs one task after the other, each in a process of its own, and keeps what they say."""

    def __init__(self, instrument: Instrument, program: tuple[str, ...]) -> None:
        self._instrument = instrument
        self._preset = _preset_of(instrument)
        self._run = read_story(instrument).run
        self._program = program

    def run(self) -> int:
        _say(f"{self._preset.title}. {self._preset.summary}", f"All of it is kept in {self._instrument.path}", "")
        for work in (*map(self._work_of, self._tasks()), self._render_phrase):
            code = work()
            if code != EXIT_FINISHED:
                return code
        return EXIT_FINISHED

    def _tasks(self) -> tuple[Task, ...]:
        """What is left to do; training and all after it find out themselves what was done before."""
        dataset = self._run.dataset
        is_prepared = dataset is not None and Path(dataset.manifest_path).exists()
        return DEMO_WAY[DEMO_WAY.index("train") :] if is_prepared else DEMO_WAY

    def _work_of(self, task: Task) -> Callable[[], int]:
        return lambda: (self._inspect() if task == "prepare" else EXIT_FINISHED) or self._do(task)

    def _do(self, task: Task) -> int:
        files = load_intake(self._instrument)
        spec = spec_for(task, self._instrument, self._preset, files, self._run.dataset)
        return self._show(spec, ChildJob(spec, self._instrument.new_job_path(task), self._program), self._keep)

    def _inspect(self) -> int:
        self._instrument = replace(self._instrument, inputs=(str(self._instrument.generated_path),))
        save(self._instrument)
        spec = InspectSpec(inputs=self._instrument.inputs)
        code = self._show(spec, InProcess(spec), self._keep)
        save_intake(self._instrument, self._run.files)
        return code

    def _render_phrase(self) -> int:
        """Ends the demo: a held-out phrase as any recording of the user's would be played."""
        folder = self._instrument.renders_path
        folder.mkdir(exist_ok=True)
        render = new_render(folder, held_out_phrase(self._run), RenderOptions(), ())
        spec = render_spec(self._instrument, render)

        def keep(event: Event) -> None:
            nonlocal render
            render = fold_render(render, event)

        worker = Worker(self._program)
        try:
            code = self._show(spec, WorkerJob(spec, worker), keep)
        finally:
            worker.close()
        if code == EXIT_FINISHED:
            save_render(render)
            self._say_where(render)
        return code

    def _show(self, spec: JobSpec, job: Transport, keep: Callable[[Event], None]) -> int:
        _say(f"{JOB_TITLES[type(spec).__name__]} ...")
        with stopped_by_signals(_Request(job)):
            return show(_kept(job.events(), keep))

    def _keep(self, event: Event) -> None:
        self._run = fold(self._run, event)

    def _say_where(self, render: Render) -> None:
        clip = next(iter(self._run.clips[max(self._run.clips)].values()))
        _say("", "Done. Listen to a phrase that the model has never heard:", "", *_places(clip_files(clip)))
        _say("", "and to the same as a recording of any length, played through the model:", "")
        _say(*_places(render_files(render)), "", f"More of them: {self._instrument.model_path / 'samples'}")
        _say("With a display, ./start shows this instrument in the window.")


class _Request(CancelToken):
    """Hands Ctrl+C on to the process that does the work."""

    def __init__(self, job: Transport) -> None:
        super().__init__()
        self._job = job

    def set(self) -> None:
        super().set()
        self._job.cancel()


def _unfinished(library: Path) -> Instrument | None:
    """A demo that was stopped or interrupted, and that nobody works on now."""
    demos = (glance.instrument for glance in scan(library) if glance.instrument.is_demo)
    left = (demo for demo in demos if not load_renders(demo.renders_path) and running_job(demo) is None)
    return next(left, None)


def _preset_of(instrument: Instrument) -> Preset:
    for preset in list_presets():
        if preset.gin_file == instrument.preset:
            return preset
    raise ConfigError(
        f"There is no preset {instrument.preset!r}", f"Delete the folder {instrument.path}, then try again."
    )


def _kept(events: Iterable[Event], keep: Callable[[Event], None]) -> Iterator[Event]:
    for event in events:
        keep(event)
        if not isinstance(event, _UNSAID):
            yield event


def _places(files: SoundFiles) -> list[str]:
    return [f"  {part.title:14} {files.audio[part.value]}" for part in Part if files.audio[part.value]]


def _say(*lines: str) -> None:
    sys.stdout.write("".join(readable(line) + "\n" for line in lines))
    sys.stdout.flush()
