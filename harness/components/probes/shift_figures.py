"""The violins of paper 004's Figure 8: the distance of each layer, spread over its channels."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.components.probes.colours import BLUE, GREY, PALE_GREY, VERMILION
from harness.components.probes.shift_distances import Array, LayerShift

NULL = "two halves of the original"
MOVED = "original against shifted"
UNMOVED = "nothing is shifted: two random halves of the test set"


def violins(layers: Mapping[str, LayerShift], moved: bool) -> Figure:
    """A violin for each layer over its channels' distances, with their mean, and the mean between
    two halves.
    """
    picture = Figure(figsize=(max(5.5, 1.5 + 0.62 * len(layers)), 4.2), layout="constrained")
    axes = picture.add_subplot()
    axes.grid(axis="y", color=PALE_GREY, linewidth=0.8)
    axes.set_axisbelow(True)
    for position, layer in enumerate(layers.values()):
        distances = layer.hellinger if moved else layer.hellinger_null
        if distances is None or not distances.size or not np.isfinite(distances).all():
            continue
        _draw_violin(axes, position, distances, BLUE if moved else GREY)
        if moved and layer.hellinger_null is not None:
            null = layer.hellinger_null.mean()
            ends = position - 0.4, position + 0.4
            axes.hlines(null, *ends, color=VERMILION, linewidth=1.6, label=NULL)
    ticks = range(len(layers))
    axes.set_xticks(ticks, list(layers), rotation=40, ha="right", rotation_mode="anchor")
    axes.set(xlim=(-0.6, len(layers) - 0.4), ylim=(0, 1), ylabel="Hellinger distance")
    axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    legend = dict(zip(labels, handles, strict=True))
    picture.legend(
        legend.values(),
        legend.keys(),
        frameon=False,
        loc="outside lower center",
        ncols=2,
        fontsize=9,
    )
    picture.suptitle(MOVED if moved else UNMOVED, fontsize=10)
    return picture


def _draw_violin(axes: Axes, position: int, distances: Array, colour: str) -> None:
    """Draws the spread of one layer's distances, a bar over their middle half, and a ring at their
    mean.
    """
    bodies = axes.violinplot([distances], [position], widths=0.8, showextrema=False)["bodies"]
    bodies[0].set(facecolor=colour, edgecolor=colour, alpha=0.35)  # type: ignore[index]
    axes.vlines(position, *np.quantile(distances, [0.25, 0.75]), color=colour, linewidth=3)
    axes.plot(
        position,
        distances.mean(),
        "o",
        color="white",
        markeredgecolor=colour,
        markersize=6,
        label="mean",
    )


def caption_of(layers: Mapping[str, LayerShift], moved: bool) -> str:
    """Says what is compared, and of how many positions and bins."""
    channels = next(iter(layers.values())).original
    positions = channels.sum(1).max()
    bins = channels.shape[1]
    comparison = MOVED if moved else UNMOVED
    return (
        f"{comparison[0].upper()}{comparison[1:]}: the distances of the channels of each layer, "
        f"each from {positions:,} positions in {bins} bins. A bar covers the middle half."
    )
