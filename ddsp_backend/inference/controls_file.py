"""Writes what a model answered, piece by piece, as an npz. B = examples, F = control frames, N = audio samples."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from ddsp_backend.files import written_whole

_BYTES_AT_ONCE = 1 << 22


class ControlsFile:
    """Arrays that grow along their second axis, all of B examples, one example after the other."""

    def __init__(self, folder: Path, n_examples: int) -> None:
        self._folder, self._n_examples = folder, n_examples
        self._files: dict[str, IO[bytes]] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}

    def add(self, arrays: dict[str, Any]) -> None:
        """The next frames or samples of an example, [1, any, ...] each. All examples must come to one length."""
        for name, values in arrays.items():
            array = np.ascontiguousarray(values, np.float32)
            if name not in self._files:
                self._files[name] = (self._folder / str(len(self._files))).open("w+b")
                self._shapes[name] = array.shape[2:]
            self._files[name].write(array.tobytes())

    def put(self, name: str, array: Any) -> None:
        """An array that is the same for all examples, [1, ...]."""
        for _ in range(self._n_examples):
            self.add({name: array})

    def write(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as npz:
            for name, file in self._files.items():
                width = int(np.prod(self._shapes[name], dtype=int))
                length = file.tell() // (4 * width * self._n_examples)
                shape = (self._n_examples, length, *self._shapes[name])
                file.seek(0)
                with npz.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(entry, header)
                    while block := file.read(_BYTES_AT_ONCE):
                        entry.write(block)

    def close(self) -> None:
        for file in self._files.values():
            file.close()


@contextmanager
def written_controls(path: Path, n_examples: int) -> Iterator[ControlsFile]:
    """Writes `path` whole when the block ends without an error, or not at all. Memory holds one piece.

    Until then the arrays lie in a folder beside it: they cannot grow side by side in one file.
    """
    with tempfile.TemporaryDirectory(prefix=".controls-", dir=path.parent) as folder:
        controls = ControlsFile(Path(folder), n_examples)
        try:
            yield controls
            with written_whole(path) as temporary:
                controls.write(temporary)
        finally:
            controls.close()
