"""Estimators on networks and images of anybody's, without a study around them.

An estimator is a probe whose facts name `estimates` (harness/spec/estimators.py). It is called as
any probe is, (network, images, ...) -> rows, and this file does that outside a trial:

    probe = read_estimator({"name": "consistency", "perturb": {"name": "noise", "strength": 0.1}})
    for score in estimate(probe, net, UserImages(images, home, device)):
        print(score.estimator.metric, score.dimensions, score.value, score.estimator.needs_text)

Images arrive as they are stored; `prepare` makes of them what the network is to see, after they are
perturbed. What an estimator needs beside them (labels, source data, seeds) is told by its facts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from harness.data.images import Labelled, Unlabelled
from harness.measure.perturbation_options import perturbation_options
from harness.measure.rows import Row
from harness.spec.estimators import Estimator, estimators_of
from harness.spec.parse import Enclosing, Problems, read_part
from harness.spec.values import Part
from harness.store import Home
from harness.train.build import as_function

Images = Labelled | Unlabelled


def _same_images(images: Images) -> Images:
    return images


@dataclass(frozen=True)
class UserImages:
    """Images of anybody's as they are stored, and what is done to them before a network sees them.

    `source` is labelled source data as the network saw it in training; `others` are networks of
    other seeds of the same training. An estimator that needs neither asks for neither.
    """

    images_before_steps: Images
    home: Home
    device: torch.device
    prepare: Callable[[Images], Images] = _same_images
    source: Labelled | None = None
    others: Sequence[nn.Module] = ()

    @cached_property
    def test(self) -> Images:
        """The images as the network is to see them, unperturbed."""
        return self.prepare(self.images_before_steps)


@dataclass(frozen=True)
class Score:
    """What an estimator says of a network on a set of images: the higher, the better it should do.

    `of_images` holds the values that it averages, by group and name of the image; it is empty where
    the score is no average.
    """

    estimator: Estimator
    value: float
    dimensions: Mapping[str, Any] = field(default_factory=dict)
    of_images: Mapping[tuple[str, str], float] = field(default_factory=dict)
    average: str = ""  # median or mean


def read_estimator(raw: str | dict[str, Any]) -> Part:
    """Reads an estimator as a study names a probe; a ValueError with everything that is wrong."""
    problems: Problems = []
    part = read_part("probe", raw, (), problems, Enclosing())
    if part is None or problems:
        raise ValueError("; ".join(sentence for _, sentence in problems))
    return part


def estimate(part: Part, net: nn.Module, images: UserImages) -> list[Score]:
    """Returns the scores of one network in evaluation mode, one for each estimator of a probe and
    each of the dimensions of its rows.
    """
    probe = as_function(part, images.home, images.device)
    perturbations = perturbation_options(part, images)
    arguments = _further_arguments(part, images)
    return scores_of(part, probe(net, images.test, *arguments, **perturbations))


def _further_arguments(part: Part, images: UserImages) -> Iterator[Any]:
    """Yields what a probe takes after network and images, by its needs."""
    needs = part.component.facts.needs
    if "source" in needs:
        if images.source is None:
            raise ValueError(f"{part.name} needs labelled source data")
        yield images.source
    if "seeds" in needs:
        if not images.others:
            raise ValueError(f"{part.name} needs networks of other seeds")
        yield images.others


def scores_of(part: Part, results: Iterable[object]) -> list[Score]:
    """Returns the scores among the results of a probe, with the values of images behind each."""
    rows = [result for result in results if isinstance(result, Row)]
    average = str(part.options.get("average", "mean"))
    scores = []
    for estimator in estimators_of(part.component):
        for row in rows:
            if row.metric != estimator.metric:
                continue
            of_images = _values_of_images(rows, estimator.image_metric, row.dimensions)
            used = average if of_images else ""
            scores.append(Score(estimator, row.value, row.dimensions, of_images, used))
    return scores


def _values_of_images(
    rows: Sequence[Row], metric: str, dimensions: Mapping[str, Any]
) -> dict[tuple[str, str], float]:
    """The values of a metric that stand at the same dimensions, by group and name of the image."""
    values = {}
    for row in rows:
        if row.metric == metric and row.dimensions == dimensions and row.image is not None:
            values[str(row.group), row.image] = row.value
    return values


def average_of(values: Sequence[float], average: str) -> float:
    """The median or mean of the values that are numbers; NaN where none is."""
    defined = np.array([value for value in values if not np.isnan(value)])
    if not defined.size:
        return float("nan")
    return float(np.median(defined) if average == "median" else defined.mean())
