"""The scores of models on images, as one table, with what could not be scored and why."""

from dataclasses import dataclass, field

import numpy as np

from harness.apply.model import LeftOut, Model
from harness.apply.own_images import Plane
from harness.apply.questions import Column
from harness.stats.result import Array

WHOLE_SET = "whole set"  # stands for an image where a score is of all of them


@dataclass
class ScoreTable:
    """The scores of all models that could be used, and why others could not."""

    planes: tuple[Plane, ...]
    unread: tuple[str, ...] = ()  # images that could not be read, and why
    models: list[Model] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)  # what a model could not answer, and why
    columns: dict[str, Column] = field(default_factory=dict)
    values: dict[tuple[str, str, str], float] = field(default_factory=dict)
    computed: int = 0  # pairs of model and image that were not scored before

    def enter(self, model: Model, column: Column, image: str, value: float) -> None:
        """Puts a value into its cell."""
        self.columns[column.label] = column
        self.values[model.name, column.label, image] = value

    def of_images(self, column: Column) -> Array:
        """(models, images): the values of a column, NaN where there is none."""
        rows = []
        for model in self.models:
            names = [(model.name, column.label, plane.name) for plane in self.planes]
            rows.append([self.values.get(name, np.nan) for name in names])
        return np.array(rows, dtype=np.float64)

    def of_set(self, column: Column) -> Array:
        """(models,): the values of a column that has one for the whole set."""
        scores = []
        for model in self.models:
            name = (model.name, column.label, WHOLE_SET)
            scores.append(self.values.get(name, np.nan))
        return np.array(scores, dtype=np.float64)
