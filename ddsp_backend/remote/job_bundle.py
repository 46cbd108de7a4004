"""Packs a job for a host: which files it needs there, and its spec in the host's paths.

On the host a run has a folder of its own: `job/` is the job's folder, `in/` what it reads, `out/` what it writes.
"""

import ast
import glob
import io
import itertools
import posixpath
import re
import tokenize
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from pathlib import Path, PureWindowsPath
from typing import Any

from ddsp_backend.errors import ConfigError, DataError
from ddsp_backend.jobs.codec import event_from_json
from ddsp_backend.jobs.events import Event
from ddsp_backend.jobs.spec import EvaluateSpec, JobSpec, SampleSpec, TrainSpec
from ddsp_backend.storage import is_bucket_path

_RESUMABLE = ("ckpt-*", "operative_config-*.gin", "checkpoint", "best*.json")
_TARGETS = ("clips/* target.*", "samples/* target.*")  # without them a host would give their names to other phrases
_CONFIG = "operative_config-*.gin"

_DEVICES = {"cpu": "processor", "cuda": "graphics card"}
_ENVELOPE = re.compile(rb'^\{"seq": \d{1,18}, "at": [\d.]{1,24}, ')


@dataclass(frozen=True, slots=True)
class PathMap:
    """Folders here and what they are called on the host, the deepest first."""

    pairs: tuple[tuple[str, str], ...] = ()

    def there(self, text: str) -> str:
        return _replaced(text, self.pairs)

    def here(self, text: str) -> str:
        return _replaced(text, [(there, here) for here, there in self.pairs])

    def text_there(self, path: Path) -> bytes:
        """What a config says, with every path replaced; bytes that are no text stay what they are."""
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        return _with_literals(text, self.there).encode(errors="surrogateescape")

    def text_here(self, text: bytes) -> bytes:
        """The contrary, for a config of the host."""
        return _with_literals(text.decode(errors="surrogateescape"), self.here).encode(errors="surrogateescape")

    def event_here(self, event: Event) -> Event:
        """The event with every path of the host, alone or in a sentence, replaced by the one here."""
        return replace(event, **{each.name: _mapped(getattr(event, each.name), self.here) for each in fields(event)})


@dataclass(frozen=True, slots=True)
class JobBundle:
    """What goes up.

    Attributes:
      spec: The job's, in the host's paths.
      inputs: Files of the data set and the like, here by their names below the run's folder there. Kept on the host.
      state: The checkpoints to go on from, in the same way, the configs beside them as they read there, and the phrases
        that were played so far.
      paths: Of both sides.
      output: The folder here that the run's `out/` is copied to; None where nothing comes back.
    """

    spec: JobSpec
    inputs: dict[str, Path] = field(default_factory=dict)
    state: dict[str, Path | bytes] = field(default_factory=dict)
    paths: PathMap = field(default_factory=PathMap)
    output: Path | None = None


def pack(spec: JobSpec, run: str, accelerator: str = "cpu") -> JobBundle:
    """What a job needs on a host. Paths of a bucket stay what they are: they are the same from everywhere.

    Args:
      run: The run's folder there.
      accelerator: What the host has; a training on TPU chips has to be told so.

    Raises:
      DataError: a file that the job names is not here.
      ConfigError: it asks for chips that are not there.
    """
    if not isinstance(spec, TrainSpec | EvaluateSpec | SampleSpec):
        return JobBundle(spec)
    output = _of_this_machine(spec.save_dir)
    folders = _Folders(run)
    inputs = dict(folders.files_of_params(spec.gin_params))
    for path in spec.gin_files:
        if Path(path).is_absolute():
            inputs |= folders.add(Path(path).parent, [Path(path)])
    for folder in filter(None, map(_of_this_machine, spec.gin_search_paths)):
        inputs |= folders.add(folder, [file for file in folder.rglob("*.gin") if file.is_file()])
    state_here = _files(output, (*_RESUMABLE, *_TARGETS)) if output else []
    found = {f"out/{path.relative_to(output).as_posix()}": path for path in state_here} if output else {}
    restored = _of_this_machine(spec.restore_dir) if spec.restore_dir else output
    if restored and restored != output:
        # A prefix of a checkpoint names files beside it.
        whole = restored if restored.is_dir() else restored.parent
        found |= folders.add(whole, _files(whole, _RESUMABLE))
    pairs = {**folders.pairs, **({str(output): f"{run}/out"} if output else {})}
    if isinstance(spec, TrainSpec) and accelerator == "tpu":
        spec = replace(spec, tpu=spec.tpu or "local")
    elif isinstance(spec, TrainSpec) and spec.tpu == "local":
        raise ConfigError(
            f"The host has no TPU chips; without them it trains on its {_DEVICES[accelerator]}",
            "Leave out --tpu=local to train so, or choose a TPU VM.",
        )
    paths = PathMap(tuple(sorted(pairs.items(), key=lambda pair: -len(pair[0]))))
    sent = replace(
        spec,
        save_dir=f"{run}/out" if output else spec.save_dir,
        restore_dir=paths.there(str(restored)) if spec.restore_dir and restored else spec.restore_dir,
        gin_files=tuple(paths.there(path) for path in spec.gin_files),
        gin_search_paths=tuple(paths.there(str(_of_this_machine(path) or path)) for path in spec.gin_search_paths),
        gin_params=tuple(_with_literals(param, paths.there) for param in spec.gin_params),
    )
    state = {name: paths.text_there(path) if is_config(path.name) else path for name, path in found.items()}
    return JobBundle(sent, inputs, state, paths, output)


def _of_this_machine(path: str) -> Path | None:
    return None if is_bucket_path(path) else Path(path).expanduser().absolute()


def read_event(line: bytes) -> Event:
    """The event of a journal's line. Raises DataError where it is none."""
    envelope = _ENVELOPE.match(line)
    if envelope is None:
        raise DataError(f"The host's journal has a line that cannot be read: {line[:80]!r}")
    return event_from_json(b"{" + line[envelope.end() :])


def is_config(name: str) -> bool:
    """Whether a file of a run's folder is a config that holds paths of the machine which wrote it."""
    return Path(name).match(_CONFIG) and "/" not in name


class _Folders:
    """Gives every folder of inputs a number on the host."""

    def __init__(self, run: str) -> None:
        self._run = run
        self.pairs: dict[str, str] = {}

    def add(self, folder: Path, files: Iterable[Path]) -> dict[str, Path]:
        there = self.pairs.setdefault(str(folder), f"{self._run}/in/{len(self.pairs)}")
        start = posixpath.relpath(there, self._run)
        return {f"{start}/{path.relative_to(folder).as_posix()}": path for path in files}

    def files_of_params(self, params: Iterable[str]) -> dict[str, Path]:
        """The files that patterns in bindings find here: gin writes them as Python's strings."""
        found: dict[str, Path] = {}
        for text in (text for param in params for text in _literals(param)):
            if not Path(text).is_absolute():
                continue
            paths = [Path(path) for path in glob.glob(text) if Path(path).is_file()]  # noqa: PTH207 - a pattern of a whole path
            if not paths:
                raise DataError(f"There is no file {text} to send to the host", "Prepare the data set again.")
            found |= self.add(Path(text).parent, paths)
        return found


def _files(folder: Path, patterns: Iterable[str]) -> list[Path]:
    return [path for pattern in patterns for path in folder.glob(pattern) if path.is_file()]


def _literals(text: str) -> list[str]:
    return [value for _, _, value in _strings(text)]


def _with_literals(text: str, change: Callable[[str], str]) -> str:
    """`text` with every string in it changed."""
    for start, end, value in reversed(_strings(text)):
        if change(value) != value:
            text = text[:start] + repr(change(value)) + text[end:]
    return text


def _strings(text: str) -> list[tuple[int, int, str]]:
    """Where the strings of a config begin and end, and what they say; pieces that only a line's end parts are one."""
    lines = list(itertools.accumulate((len(line) for line in io.StringIO(text)), initial=0))
    groups: list[list[tokenize.TokenInfo]] = [[]]
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING:
                groups[-1].append(token)
            elif token.type not in (tokenize.NL, tokenize.COMMENT):
                groups.append([])
    except (tokenize.TokenError, SyntaxError):
        pass  # gin will say what is wrong with it
    found = []
    for group in filter(None, groups):
        start, end = (lines[row - 1] + column for row, column in (group[0].start, group[-1].end))
        try:
            value = "".join(ast.literal_eval(token.string) for token in group)
        except (ValueError, TypeError, SyntaxError):
            continue  # bytes, or an f-string: gin has no use for them
        found.append((start, end, value))
    return found


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    """In one go: what was replaced may lie below another of the folders, as where both sides have the same user."""
    news = dict(pairs)
    olds = "|".join(map(_pattern, sorted(news, key=len, reverse=True)))
    if not olds:
        return text

    def change(match: re.Match[str]) -> str:
        old, rest = match["old"], match["rest"]
        if _is_of_windows(old):
            old, rest = old.replace("/", "\\"), rest.replace("\\", "/")
        return news[old] + rest

    # What follows a folder of Windows is parted as the host parts it.
    return re.sub(rf"(?<![\w./-])(?P<old>{olds})(?=[/\\]|$|[^\w.-])(?P<rest>(?:\\[^\\\"'\n]*)*)", change, text)


def _pattern(folder: str) -> str:
    """Windows takes either slash."""
    return r"[/\\]".join(map(re.escape, folder.split("\\"))) if _is_of_windows(folder) else re.escape(folder)


def _is_of_windows(path: str) -> bool:
    return PureWindowsPath(path).drive != "" and not path.startswith("//")


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, Enum):
        return value  # a kind of something, which holds no path
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(item, change) for item in value)
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    return value
