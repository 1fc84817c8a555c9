"""The violins of paper 004's Figure 8: the distance of each layer, spread over its channels."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#9a9a9a"  # colour-blind safe (Okabe and Ito)


def violins(layers: dict[str, dict[str, NDArray[Any]]], moved: bool) -> Figure:
    """A violin for each layer over its channels' distances, with their mean, and the mean between two halves."""
    colour, metric = (BLUE, "hellinger") if moved else (GREY, "hellinger_null")
    picture = Figure(figsize=(max(5.5, 1.5 + 0.62 * len(layers)), 4.2), layout="constrained")
    axes = picture.add_subplot()
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)
    for place, arrays in enumerate(layers.values()):
        values = arrays.get(metric, np.empty(0))
        if not values.size or not np.isfinite(values).all():
            continue
        body = axes.violinplot([values], [place], widths=0.8, showextrema=False)["bodies"][0]  # type: ignore[index]
        body.set(facecolor=colour, edgecolor=colour, alpha=0.35)
        axes.vlines(place, *np.quantile(values, [0.25, 0.75]), color=colour, linewidth=3)
        axes.plot(
            place,
            values.mean(),
            "o",
            color="white",
            markeredgecolor=colour,
            markersize=6,
            label="mean",
        )
        if moved and "hellinger_null" in arrays:
            null = arrays["hellinger_null"].mean()
            axes.hlines(
                null,
                place - 0.4,
                place + 0.4,
                color=ORANGE,
                linewidth=1.6,
                label="two halves of the original",
            )
    axes.set_xticks(
        range(len(layers)), list(layers), rotation=40, ha="right", rotation_mode="anchor"
    )
    axes.set(xlim=(-0.6, len(layers) - 0.4), ylim=(0, 1), ylabel="Hellinger distance")
    axes.spines[["top", "right"]].set_visible(False)
    labelled = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    picture.legend(
        labelled.values(),
        labelled.keys(),
        frameon=False,
        loc="outside lower center",
        ncols=2,
        fontsize=9,
    )
    picture.suptitle(_title(layers, moved), fontsize=10)
    return picture


def _title(layers: dict[str, dict[str, NDArray[Any]]], moved: bool) -> str:
    counts = next(iter(layers.values()))["original"]
    what = (
        "original against shifted"
        if moved
        else "nothing is shifted: two random halves of the test set"
    )
    return (
        f"{what}\nchannels of each layer; {counts.sum(1).max():,} positions, {counts.shape[1]} bins"
    )
