"""The job that writes a data set of invented notes, as a config says."""

import inspect
from collections.abc import Generator
from pathlib import Path

from ddsp_backend.config.parse import parse
from ddsp_backend.config.settings import GenerateExamplesConfig
from ddsp_backend.data.beam_pipeline import BeamRunner
from ddsp_backend.data.invented_notes import NoteGenerator, WriteNotes, generate_notes, generate_notes_v2
from ddsp_backend.data.process_pool import local_runner
from ddsp_backend.data.stages import Stage
from ddsp_backend.data.tfrecord_writing import ShardWriter, shard_names
from ddsp_backend.errors import ConfigError
from ddsp_backend.jobs.cancel import CancelToken
from ddsp_backend.jobs.events import ArtifactWritten, Event
from ddsp_backend.jobs.kinds import Unit
from ddsp_backend.jobs.spec import GenerateNotesSpec

_DEFAULTS = ("datasets/invented_notes.gin",)
_SIZES = ("n_timesteps", "n_harmonics", "n_mags")
_GENERATORS = (generate_notes, generate_notes_v2)


def write_notes(spec: GenerateNotesSpec, cancel: CancelToken) -> Generator[Event, None, dict[str, str]]:
    """Writes the examples to TFRecord files. Equal specs give equal bytes, whoever does the work.

    Returns: {"file_pattern", "n_examples"}.

    Raises:
      ConfigError: the config names no generator of notes, or leaves out what it needs.
    """
    invent = _generator(spec)
    output = Path(spec.output_path).expanduser()
    names = shard_names(output.name, spec.n_shards)
    with ShardWriter(output) as writer:
        pieces = [
            WriteNotes(
                output.with_name(name),
                writer.folder,
                range(number, spec.n_examples, spec.n_shards),
                spec.seed,
                invent,
            )
            for number, name in enumerate(names)
        ]
        runner = BeamRunner(spec.pipeline_options, writer.folder) if spec.pipeline_options else local_runner(0)
        yield from runner.run([Stage("Inventing notes", spec.n_examples, Unit.EXAMPLES, pieces)], cancel)
        writer.commit(names)
    for name in names:
        yield ArtifactWritten("data set", str(output.with_name(name)))
    return {"file_pattern": f"{output}-*", "n_examples": str(spec.n_examples)}


def _generator(spec: GenerateNotesSpec) -> NoteGenerator:
    sizes = [(name, getattr(spec, name)) for name in _SIZES]
    given = [
        f"{generator.__name__}.{name} = {size}" for generator in _GENERATORS for name, size in sizes if size is not None
    ]
    config = parse(spec.gin_files, (*spec.gin_params, *given), spec.gin_search_paths, defaults=_DEFAULTS)
    settings: GenerateExamplesConfig = config.bindings.call("generate_examples")
    invent: NoteGenerator = settings.generate_fn
    function = getattr(invent, "func", invent)  # bindings are put around it
    if function not in _GENERATORS:
        raise ConfigError(
            f"generate_examples.generate_fn is {getattr(function, '__name__', function)!r}, which invents no notes",
            f"Choose {' or '.join(f'@{generator.__name__}' for generator in _GENERATORS)}.",
        )
    try:
        inspect.signature(invent).bind(None)
    except TypeError as error:
        name = function.__name__
        raise ConfigError(
            f"{name}: {error}, and no gin file binds it", f'Bind it: --gin_param="{name}.n_timesteps = 125".'
        ) from error
    return invent
