"""Saliency maps as pictures: every map of an image side by side, and a map's channels with their
values.
"""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray
from skimage.exposure import equalize_hist

from harness.components.probes.colours import (
    BLACK,
    BLUE,
    GREEN,
    IMAGE_MAP,
    SALIENCY_MAP,
    VERMILION,
)
from harness.measure.rows import Figure

Maps = NDArray[np.floating]  # (channels, h, w)

BINS = 64
SHOWN = 99.9  # per cent of the values; saliency has long tails
LEVELS = 2**14  # of the equalisation
SIDE, WIDE = 2.1, 13.0  # inches of a panel, and of all columns at most
COLOURS = (BLACK, BLUE, VERMILION, GREEN)  # by distance from the middle
TINY = np.finfo(float).tiny
EQUALISED = (
    "Maps are histogram-equalised for view only, over all slices of a map together; the numbers "
    "come from the plain maps."
)
RANKS = "saliency by rank among all slices"  # what a colour of an equalised map says


def overview(image: str, stack: Maps, maps: Mapping[str, Maps]) -> Figure:
    """The slices of one image and every map of them: a column each, a row for each slice."""
    columns = 1 + len(maps)
    side = min(SIDE, WIDE / columns)
    tall = side * stack.shape[1] / stack.shape[2]
    size = (side * columns, tall * len(stack) + 1)
    canvas = Canvas(figsize=size, layout="constrained")
    axes = _column(canvas, stack, (0, columns), IMAGE_MAP)
    for row, slice_axes in enumerate(axes):
        slice_axes.set_ylabel(slice_name(row, len(stack)), fontsize=10)
    axes[0].set_title("input", fontsize=10)
    for column, (label, slice_maps) in enumerate(maps.items(), start=1):
        axes = _column(canvas, equalise(slice_maps), (column, columns), SALIENCY_MAP)
        words = label.replace("(", " (").replace("_", " ")
        axes[0].set_title(textwrap.fill(words, int(9 * side)), fontsize=10)
    if maps:
        _colour_bar(canvas, canvas.axes)
    caption = f"The slices of {image}, and the saliency of each. {EQUALISED}"
    return Figure(f"saliency-{image}", canvas, caption)


def by_channel(label: str, mean: Maps, values: Maps, explanation: str) -> Figure:
    """The mean of a map over the images, a panel for each slice, above the distribution of each
    slice's values.
    """
    rows = len(mean)
    wide = max(SIDE * rows, 3 * SIDE)
    tall = wide / rows * mean.shape[1] / mean.shape[2]
    canvas = Canvas(figsize=(wide, tall + 3.6), layout="constrained")
    grid = canvas.add_gridspec(2, rows, height_ratios=(tall, 2.6))
    panels = equalise(mean)
    shares = mean.sum(axis=(1, 2)) / max(mean.sum(), TINY)
    every_axes = []
    for channel, panel in enumerate(panels):
        axes = canvas.add_subplot(grid[0, channel])
        every_axes.append(axes)
        _picture(axes, panel, SALIENCY_MAP, _limits(panels))
        axes.set_title(f"{slice_name(channel, rows)}: {shares[channel]:.0%}", fontsize=10)
    _distributions(canvas.add_subplot(grid[1, :]), values)
    canvas.suptitle(textwrap.fill(label, int(12 * wide)), fontsize=11)
    _colour_bar(canvas, every_axes)
    caption = f"{explanation}; percentages are shares of all saliency. {EQUALISED}"
    return Figure(f"channels-{label}", canvas, caption)


def equalise(maps: Maps) -> Maps:
    """Equalises all channels by one curve: each by its own would hide what differs between them."""
    if maps.max() == maps.min():
        return np.zeros_like(maps)
    return equalize_hist(maps, nbins=LEVELS)


def slice_name(channel: int, channels: int) -> str:
    """Names a slice by its distance from the middle one."""
    offset = channel - channels // 2
    if offset == 0:
        return "middle slice"
    return f"slice {offset:+d}".replace("-", "−")


def _column(canvas: Canvas, panels: Maps, position: tuple[int, int], colours: str) -> list[Axes]:
    """Draws the slices below each other; `position` is (column, number of columns)."""
    column, columns = position
    every_axes = []
    for row, panel in enumerate(panels):
        axes = canvas.add_subplot(len(panels), columns, row * columns + column + 1)
        _picture(axes, panel, colours, _limits(panels))
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
        every_axes.append(axes)
    return every_axes


def _distributions(axes: Axes, values: Maps) -> None:
    """Slices equally far from the middle share a colour, so that their lines should lie on each
    other.
    """
    longest = max(float(np.percentile(values, SHOWN)), TINY)
    edges = np.linspace(0, longest, BINS + 1)
    for channel, channel_values in enumerate(values):
        offset = channel - len(values) // 2
        counts, _ = np.histogram(channel_values, edges)
        axes.stairs(
            counts / channel_values.size,
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


def _limits(panels: Maps) -> tuple[float, float]:
    return float(panels.min()), float(panels.max())


def _colour_bar(canvas: Canvas, every_axes: Sequence[Axes]) -> None:
    """Says what the colours of maps are, below them; their values differ from map to map."""
    colours = ScalarMappable(Normalize(0, 1), SALIENCY_MAP)
    bar = canvas.colorbar(
        colours, ax=list(every_axes), location="bottom", aspect=40, shrink=0.6, pad=0.02
    )
    bar.set_ticks([0, 1], labels=["low", "high"])
    bar.ax.tick_params(labelsize=9, length=0)
    bar.set_label(RANKS, fontsize=9)
    bar.outline.set_visible(False)
