"""Saliency maps as pictures: every map of an image side by side, and a map's channels with their values."""

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray
from skimage.exposure import equalize_hist

from harness.measure.rows import Figure

Maps = NDArray[np.floating]  # (channels, h, w)

BINS = 64
SHOWN = 99.9  # per cent of the values; saliency has long tails
LEVELS = 2**14  # of the equalisation
SIDE, WIDE = 2.1, 13.0  # inches of a panel, and of all columns at most
COLOURS = (
    "#000000",
    "#0072b2",
    "#d55e00",
    "#009e73",
)  # by distance from the middle (Okabe and Ito)
EQUALISED = "histogram-equalised for view only, over all slices of a map together; the numbers come from the plain maps"


def overview(image: str, stack: Maps, maps: Mapping[str, Maps]) -> Figure:
    """The slices of one image and every map of them: a column each, a row for each slice."""
    columns = {"input": stack, **{label: equalised(found) for label, found in maps.items()}}
    rows, side = len(stack), min(SIDE, WIDE / len(columns))
    tall = side * stack.shape[1] / stack.shape[2]
    canvas = Canvas(figsize=(side * len(columns), tall * rows + 1), layout="constrained")
    for place, (label, panels) in enumerate(columns.items()):
        for row, panel in enumerate(panels):
            axes = canvas.add_subplot(rows, len(columns), row * len(columns) + place + 1)
            _picture(axes, panel, "gray" if place == 0 else "magma", _range(panels))
            if panels.max() == panels.min():
                axes.text(
                    0.5,
                    0.5,
                    "none",
                    color="white",
                    ha="center",
                    va="center",
                    transform=axes.transAxes,
                )
            if place == 0:
                axes.set_ylabel(slice_name(row, rows), fontsize=10)
            if row == 0:
                axes.set_title(
                    textwrap.fill(label.replace("(", " (").replace("_", " "), int(9 * side)),
                    fontsize=10,
                )
    _caption(canvas, f"{image}. Maps are {EQUALISED}.", side * len(columns))
    return Figure(f"saliency-{image}", canvas)


def by_channel(label: str, mean: Maps, values: Maps, about: str) -> Figure:
    """The mean of a map over the images, a panel for each slice, above the distribution of each slice's values."""
    rows = len(mean)
    wide = max(SIDE * rows, 3 * SIDE)
    tall = wide / rows * mean.shape[1] / mean.shape[2]
    canvas = Canvas(figsize=(wide, tall + 3.6), layout="constrained")
    grid = canvas.add_gridspec(2, rows, height_ratios=(tall, 2.6))
    panels, share = equalised(mean), mean.sum(axis=(1, 2)) / max(mean.sum(), np.finfo(float).tiny)
    for channel, panel in enumerate(panels):
        axes = canvas.add_subplot(grid[0, channel])
        _picture(axes, panel, "magma", _range(panels))
        axes.set_title(f"{slice_name(channel, rows)}: {share[channel]:.0%}", fontsize=10)
    _distributions(canvas.add_subplot(grid[1, :]), values)
    canvas.suptitle(textwrap.fill(label, int(12 * wide)), fontsize=11)
    _caption(canvas, f"{about}; percentages are shares of it. Maps are {EQUALISED}.", wide)
    return Figure(f"channels-{label}", canvas)


def equalised(maps: Maps) -> Maps:
    """All channels by one curve: each by its own would hide what differs between them."""
    return equalize_hist(maps, nbins=LEVELS) if maps.max() > maps.min() else np.zeros_like(maps)


def slice_name(channel: int, channels: int) -> str:
    offset = channel - channels // 2
    return f"slice {offset:+d}".replace("-", "−") if offset else "middle slice"


def _distributions(axes: Axes, values: Maps) -> None:
    """Slices equally far from the middle share a colour, so that their lines should lie on each other."""
    edges = np.linspace(0, max(float(np.percentile(values, SHOWN)), np.finfo(float).tiny), BINS + 1)
    for channel, found in enumerate(values):
        offset = channel - len(values) // 2
        axes.stairs(
            np.histogram(found, edges)[0] / found.size,
            edges,
            color=COLOURS[abs(offset)],
            linestyle="--" if offset > 0 else "-",
            linewidth=1.4,
            label=slice_name(channel, len(values)),
        )
    axes.set_yscale("log")
    axes.set_xlim(0, edges[-1])
    axes.set_xlabel(f"saliency ({SHOWN} % of the values)", fontsize=10)
    axes.set_ylabel("share of the pixels", fontsize=10)
    axes.tick_params(labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=9, frameon=False)


def _picture(axes: Axes, panel: Maps, colours: str, limits: tuple[float, float]) -> None:
    axes.imshow(panel, cmap=colours, vmin=limits[0], vmax=limits[1])
    axes.set_xticks([])
    axes.set_yticks([])


def _range(panels: Maps) -> tuple[float, float]:
    return float(panels.min()), float(panels.max())


def _caption(canvas: Canvas, text: str, wide: float) -> None:
    canvas.supxlabel(textwrap.fill(text, int(13 * wide)), fontsize=9, x=0.01, ha="left")
