"""The maps of paper 003's Figure 2: transfer risk before and after fine-tuning, on one scale."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from harness.components.probes.colours import IMAGE_MAP, SALIENCY_MAP

Map = NDArray[np.floating]  # (h, w)

LOWEST, HIGHEST = 1, 10  # of a risk


def maps_before_and_after(before: Map, after: Map, foreground: Map) -> Figure:
    """Risk before and after training, bright where it is high, beside where the target lies."""
    picture = Figure(figsize=(10, 3.6), layout="constrained")
    panels = picture.subplots(1, 3)
    titles = [
        f"risk before training, mean {before.mean():.2f}",
        f"risk after it, mean {after.mean():.2f}",
        "share of images with foreground",
    ]
    for axes, title in zip(panels, titles, strict=True):
        axes.set_title(title, fontsize=10)
        axes.set_axis_off()
    panels[0].imshow(before, cmap=SALIENCY_MAP, vmin=LOWEST, vmax=HIGHEST)
    drawn = panels[1].imshow(after, cmap=SALIENCY_MAP, vmin=LOWEST, vmax=HIGHEST)
    panels[2].imshow(foreground, cmap=IMAGE_MAP, vmin=0, vmax=1)
    picture.colorbar(drawn, ax=list(panels[:2]), shrink=0.8)
    return picture
