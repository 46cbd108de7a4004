"""Counts what the window's thread does between two looks for new input: the calls of Python functions in one turn of
Qt's event loop. A slow or busy machine takes longer for them, but makes no more of them."""

import sys
from types import FrameType
from typing import Any

from PySide6.QtCore import QAbstractEventDispatcher, QObject


class LoopWork(QObject):
    """`turns` are the calls of each turn, of this thread alone. One call costs a fraction of a microsecond, what Qt and
    numpy do within it left aside: for how long the loop is busy on a machine, `python -m benchmarks window` says."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[int] = []
        self._n_calls = 0
        self._dispatcher = QAbstractEventDispatcher.instance()
        self._dispatcher.awake.connect(self._end_turn)
        self._dispatcher.aboutToBlock.connect(self._end_turn)

    def start(self) -> None:
        sys.setprofile(self._count)

    def stop(self) -> None:
        sys.setprofile(None)
        self._end_turn()

    @property
    def most(self) -> int:
        return max(self.turns, default=0)

    def _count(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            self._n_calls += 1

    def _end_turn(self) -> None:
        self.turns.append(self._n_calls)
        self._n_calls = 0
