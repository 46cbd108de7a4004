"""The losses of a training: what the model is trained on, what it never sees, and where it was best."""

import math
from collections.abc import Mapping

import numpy as np
import pyqtgraph
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.plots.colors import LOSS_PARTS, Ink
from app.plots.distance_axis import DistanceAxis
from app.plots.loss_curve import LossCurve
from app.plots.loss_legend import LossLegend
from app.plots.redraw import Redraw
from app.plots.sizes import font_of, scaled
from app.state.curve import Curve

_TOTAL = "total_loss"
_HELD_OUT = "held_out"
_AXIS_FONT_PIXELS = 11
# The first steps are far above all others: the picture starts where the loss has come down.
_SHOWN_QUANTILE = 0.985
_LEAST_ON_LOG = 1e-9
_AHEAD = 1.01
_LEAST_SPAN = 0.02  # of the height: what differs less is no picture of a change
_TITLES = {_TOTAL: "Practised", _HELD_OUT: "Unheard"}
_AXES = {"left": "distance from your recordings", "bottom": "step"}
_STALE_OPACITY = 0.35
_AROUND = 36  # pixels


class LossPlot(QWidget):
    """Told the whole curves as often as they grow; draws what can be seen of them, at most twenty times a second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: dict[str, LossCurve] = {}
        self._best_step: int | None = None
        self._follows = True
        self._is_drawing = False
        self.legend = LossLegend()
        self.legend.toggled.connect(self._on_toggled)
        self.log_button = _tool("Log", "Logarithmic scale, to see small changes late in the training")
        self.log_button.setCheckable(True)
        self.log_button.toggled.connect(self._on_log_toggled)
        self.fit_button = _tool("Fit", "Show the whole training and follow it (or double-click the plot)")
        self.fit_button.clicked.connect(self.fit)
        self.graph = self._make_graph()
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(4)
        top.addWidget(self.legend, 1)
        top.addWidget(self.log_button)
        top.addWidget(self.fit_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.graph, 1)
        self.redraw = Redraw(self, self._draw)
        self.recolor()

    def _make_graph(self) -> pyqtgraph.PlotWidget:
        axes = {"left": DistanceAxis("left")}
        graph = pyqtgraph.PlotWidget(axisItems=axes)
        graph.setAccessibleName("Curves of the training")
        item = graph.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.showGrid(x=False, y=True, alpha=0.16)
        font = font_of(self.font(), _AXIS_FONT_PIXELS)
        for name in _AXES:
            axis = item.getAxis(name)
            axis.setTickFont(font)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickLength=-4, tickTextOffset=5)
        item.getAxis("left").setWidth(scaled(54))
        self._box = item.getViewBox()
        self._box.setLimits(xMin=0)
        self._box.setDefaultPadding(0.0)
        self._box.sigRangeChangedManually.connect(self._on_moved_by_hand)
        self._box.sigRangeChanged.connect(self._on_range_changed)
        self._best_line = pyqtgraph.InfiniteLine(
            angle=90, label="best: {value:,.0f}", labelOpts={"position": 0.94, "movable": False}
        )
        self._cursor = pyqtgraph.InfiniteLine(angle=90, label="step {value:,.0f}", labelOpts={"position": 0.04})
        for line in (self._best_line, self._cursor):
            line.setVisible(False)
            line.label.setFont(font)
            self._box.addItem(line, ignoreBounds=True)
        graph.scene().sigMouseMoved.connect(self._on_mouse_moved)
        graph.viewport().installEventFilter(self)
        graph.setMinimumHeight(120)
        return graph

    def recolor(self) -> None:
        """In the colours of the scheme that is used now."""
        self.graph.setBackground(Ink.PLOT_BACKGROUND.hex)
        for name, title in _AXES.items():
            axis = self.graph.getPlotItem().getAxis(name)
            axis.setLabel(title, **{"font-size": f"{scaled(_AXIS_FONT_PIXELS)}px", "color": Ink.TEXT_DIM.hex})
            axis.setPen(pyqtgraph.mkPen(Ink.LINE.hex))
            axis.setTextPen(pyqtgraph.mkPen(Ink.TEXT_DIM.hex))
        self._best_line.setPen(pyqtgraph.mkPen(Ink.LOSS_HELD_OUT.hex, style=Qt.PenStyle.DotLine))
        self._cursor.setPen(pyqtgraph.mkPen(Ink.TEXT_FAINT.hex))
        for line, ink in ((self._best_line, Ink.LOSS_HELD_OUT), (self._cursor, Ink.TEXT)):
            line.label.setColor(ink.hex)
            line.label.fill = pyqtgraph.mkBrush(Ink.PLOT_BACKGROUND.hex)
        for shown in self._shown.values():
            shown.recolor()

    def width_of_head(self) -> int:
        """At which every curve's name and value are seen, with what lies around the plot in its card."""
        parts = (self.legend, self.log_button, self.fit_button)
        return sum(part.sizeHint().width() for part in parts) + _AROUND

    # --- what is told -----------------------------------------------------------------------------------------------
    def set_curves(
        self,
        losses: Mapping[str, Curve],
        held_out: Curve,
        held_out_smoothed: Curve,
        best_step: int | None = None,
        *,
        is_stale: bool = False,
    ) -> None:
        """Args:
        losses: By name; "total_loss" is the sum of the others.
        held_out: Every measurement on what is held out; `held_out_smoothed` is the line through them.
        best_step: Where the line was lowest.
        is_stale: All this is of an earlier training.
        """
        self._box.setOpacity(_STALE_OPACITY if is_stale else 1.0)
        wanted: dict[str, tuple[Curve, Curve | None, Ink]] = {}
        if _TOTAL in losses:
            wanted[_TOTAL] = (losses[_TOTAL], None, Ink.LOSS_TOTAL)
        if len(held_out):
            wanted[_HELD_OUT] = (held_out, held_out_smoothed, Ink.LOSS_HELD_OUT)
        parts = [name for name in losses if name != _TOTAL]
        # A single part is the total itself, or all but equal to it.
        for place, name in enumerate(parts if len(parts) > 1 or _TOTAL not in losses else ()):
            wanted[name] = (losses[name], None, LOSS_PARTS[place % len(LOSS_PARTS)])
        if list(wanted) != list(self._shown):
            self._rebuild(wanted)
        for name, (curve, smoothed, _) in wanted.items():
            self._shown[name].curve, self._shown[name].smoothed = curve, smoothed
        self._best_step = best_step
        self.redraw.request()

    def fit(self) -> None:
        """Shows everything, and goes on showing everything as it grows."""
        self._follows = True
        self._draw()

    def _rebuild(self, wanted: Mapping[str, tuple[Curve, Curve | None, Ink]]) -> None:
        for shown in self._shown.values():
            for item in shown.items:
                self._box.removeItem(item)
        self._shown = {}
        for name, (_, _, ink) in wanted.items():
            shown = LossCurve(ink)
            for item in shown.items:
                self._box.addItem(item, ignoreBounds=True)
            self._shown[name] = shown
        titles = {name: _TITLES.get(name, name.removesuffix("_loss").replace("_", " ").capitalize()) for name in wanted}
        self.legend.set_entries([(name, titles[name], wanted[name][2]) for name in wanted])

    # --- drawing ------------------------------------------------------------------------------------------------------
    def _draw(self) -> None:
        self._is_drawing = True
        visible = {name: shown for name, shown in self._shown.items() if self.legend.is_on(name)}
        for shown in visible.values():
            shown.sum_up()
        if self._follows:
            self._show_everything([shown for shown in visible.values() if len(shown.curve)])
        (first, last), _ = self._box.viewRange()
        n_pixels = max(int(self._box.width()), 50)
        for name, shown in self._shown.items():
            for item in shown.items:
                item.setVisible(name in visible)
            if name in visible:
                shown.set_pixel_ratio(self.graph.devicePixelRatioF())
                shown.draw(first, last, n_pixels, self._scaled)
        self._best_line.setVisible(self._best_step is not None)
        if self._best_step is not None:
            self._best_line.setValue(self._best_step)
        self._show_values()
        # Before the paint event, which would do it, and be followed by another for what it moved.
        self.graph.scene().prepareForPaint()
        self._is_drawing = False

    def _show_everything(self, visible: list[LossCurve]) -> None:
        if not visible:
            return
        # In leaps: a picture that is rescaled at every step is restless, and its axes are what costs the time.
        last = max(float(shown.curve.steps[-1]) for shown in visible)
        leap = max(10 ** math.floor(math.log10(max(last, 1.0))) / 20, 1.0)
        self._show(x=(0.0, max(math.ceil(last * _AHEAD / leap) * leap, 10.0)))
        ranges = [found for shown in visible if (found := shown.summary.range(_SHOWN_QUANTILE)) is not None]
        if not ranges:
            return
        low, high = self._scaled(np.array([min(low for low, _ in ranges), max(high for _, high in ranges)]))
        span = max(high - low, _LEAST_SPAN * max(abs(high), 1e-6))
        (_, (bottom, top)) = self._box.viewRange()
        # What is shown is good enough while nothing leaves the picture and it is not mostly empty.
        if not (0 <= low - bottom <= 0.2 * span and 0 <= top - high <= 0.2 * span):
            self._show(y=(low - 0.08 * span, high + 0.08 * span))

    def _show(self, x: tuple[float, float] | None = None, y: tuple[float, float] | None = None) -> None:
        shown = self._box.viewRange()
        if x is not None and x != tuple(shown[0]):
            self._box.setXRange(*x, padding=0)
        if y is not None and y != tuple(shown[1]):
            self._box.setYRange(*y, padding=0)

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        if not self.log_button.isChecked():
            return values
        scaled: np.ndarray = np.log10(np.maximum(values, _LEAST_ON_LOG))
        return scaled

    def _on_log_toggled(self, is_log: bool) -> None:
        self.graph.getPlotItem().getAxis("left").setLogMode(is_log)
        self._follows = True
        self._draw()

    def _on_toggled(self) -> None:
        self._draw()

    def _on_range_changed(self) -> None:
        if not self._is_drawing:
            self.redraw.request()

    def _on_moved_by_hand(self) -> None:
        self._follows = False

    # --- the pointer --------------------------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._cursor.setVisible(False)
            self._show_values()
        elif event.type() == QEvent.Type.MouseButtonDblClick and isinstance(event, QMouseEvent):
            self.fit()
        return False

    def _on_mouse_moved(self, position: QPointF) -> None:
        inside = self._box.sceneBoundingRect().contains(position) and bool(self._shown)
        self._cursor.setVisible(inside)
        if inside:
            self._cursor.setValue(max(round(self._box.mapSceneToView(position).x()), 0))
        self._show_values()

    def _show_values(self) -> None:
        """In the legend: each curve's value under the pointer, else its newest one."""
        step = float(self._cursor.value()) if self._cursor.isVisible() else None
        for name, shown in self._shown.items():
            self.legend.set_value(name, shown.value_at(step))


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
