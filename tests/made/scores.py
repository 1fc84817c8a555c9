"""Rows of the segmentation probe for predictions that a test wrote down."""

from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from harness.data.domains import on_device
from harness.data.scans import Scans
from harness.spec.catalogue import load_component
from tests.made.fits import CPU


class FixedLogits(nn.Module):
    """A network that gives the logits it was built with, image by image."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits, requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        return self.logits[: len(images)]


def segmentation_rows(
    predicted: list[Any],
    truth: list[Any],
    classes: tuple[str, ...],
    *,
    softmax: bool = True,
) -> pd.DataFrame:
    """Returns the rows of the segmentation probe for predicted and true labels (n, h, w).

    Without `softmax` the network has one channel, the logit of the foreground.
    """
    labels = torch.tensor(predicted)
    masks = torch.tensor(truth, dtype=torch.uint8).numpy()
    indicators = nn.functional.one_hot(labels, len(classes))
    logits = 9 * indicators.movedim(-1, 1).float()
    if not softmax:
        logits = logits[:, 1:] - 4.5
    ids = [f"image {i}" for i in range(len(masks))]
    pixels = np.zeros(masks.shape, np.uint8)
    scans = Scans(pixels, masks, ids, ids, ids, classes=classes, ignore=255)
    probe = load_component("probe", "segmentation")
    records = []
    for row in probe(FixedLogits(logits), on_device(scans, 1, CPU), figures=0):
        record = {"metric": row.metric, "value": row.value, "image": row.image}
        record.update(row.dimensions)
        records.append(record)
    return pd.DataFrame(records)


def value_of(rows: pd.DataFrame, metric: str, of_class: str | None = None) -> float:
    """Returns the one value of a metric, of one class if a class is given."""
    rows = rows[rows.metric == metric]
    if of_class is not None:
        rows = rows[rows["class"] == of_class]
    return float(rows.value.item())
