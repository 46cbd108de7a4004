"""Another program on the same screen, from which recordings are dragged, and which sees what is on the screen.

`drag PATH`: shows a handle in the corner of the screen; ends when it was dragged somewhere, and says how that went.
`find COLOR`: says where the middle of a button of that colour is, "x y", or nothing.
"""

import sys

from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QColor, QDrag, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel

_WIDTH, _HEIGHT = 200, 24  # of a button, at least; lines, ticks and pictures of that colour are smaller
_DROP_SECONDS = 10  # the window fetches the paths after the drop


class Handle(QLabel):
    def __init__(self, path: str) -> None:
        super().__init__("drag me")
        self._path = path
        self.setWindowFlags(Qt.WindowType.FramelessWindowHint | Qt.WindowType.BypassWindowManagerHint)
        self.setGeometry(0, 0, 60, 30)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        drag = QDrag(self)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(self._path)])
        drag.setMimeData(data)
        say(drag.exec(Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, Qt.DropAction.MoveAction).name)
        self.hide()
        QTimer.singleShot(1000 * _DROP_SECONDS, QApplication.quit)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def find(image: QImage, color: QColor) -> str:
    wanted = color.rgb() & 0xFFFFFF
    for y in range(_HEIGHT // 2, image.height(), _HEIGHT // 2):
        row = [image.pixel(x, y) & 0xFFFFFF == wanted for x in range(image.width())]
        for x in range(image.width() - _WIDTH):
            if row[x] and row[x + 40] and sum(row[x : x + _WIDTH]) > _WIDTH // 2:
                top = bottom = y
                while top > 0 and image.pixel(x + 8, top - 1) & 0xFFFFFF == wanted:
                    top -= 1
                while bottom + 1 < image.height() and image.pixel(x + 8, bottom + 1) & 0xFFFFFF == wanted:
                    bottom += 1
                if bottom - top >= _HEIGHT:
                    return f"{x + _WIDTH // 2} {(top + bottom) // 2}"
    return ""


application = QApplication(sys.argv[:1])
if sys.argv[1] == "find":
    say(find(application.primaryScreen().grabWindow(0).toImage(), QColor(sys.argv[2])))
else:
    handle = Handle(sys.argv[2])
    handle.show()
    QTimer.singleShot(500, lambda: say("ready"))
    application.exec()
