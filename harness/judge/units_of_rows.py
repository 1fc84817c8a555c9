"""The unit that each row is of: a seed, a fold, an image, a patient, or a part of a network."""

import pandas as pd

from harness.judge.positions import BASE, NETWORK, PART, UNIT
from harness.study.comparison import Comparison, Unit


def with_units(
    data: pd.DataFrame,
    comparison: Comparison,
    metric: str,
    within_network: Unit | None = None,
) -> tuple[pd.DataFrame, list[str]]:
    """Names the unit of each row, and the part of a network that is averaged within it; rows that
    belong to none are left out, and a note says so.
    """
    part = within_network or comparison.unit
    column = {"image": "image", "patient": "group"}.get(part)
    if column is None:
        return data.assign(**{UNIT: data[BASE]}).assign(**{PART: ""}), []
    if column not in data.columns:
        data = data.assign(**{column: None})
    has_unit = data[column].notna()
    notes = []
    if not has_unit.all():
        count = int((~has_unit).sum())
        notes.append(f"{count} rows of {metric} belong to no {part} and were left out")
    data = data[has_unit]
    if part == "patient" and _is_each_picture_a_patient(data):
        notes.append(
            "every patient is one image of its own name: the data set says nothing of patients, "
            "so images pass for patients (`group:` names them)"
        )
    names = data[column].astype(str)
    if data["test_on"].nunique() > 1:  # test-000 of one set is not test-000 of another
        names = data["test_on"].astype(str) + " " + names
    if within_network:
        return data.assign(**{UNIT: data[BASE], PART: names}), notes
    if comparison.unit == "image":
        names = data[NETWORK].astype(str) + " " + names
    return data.assign(**{UNIT: names}).assign(**{PART: ""}), notes


def _is_each_picture_a_patient(data: pd.DataFrame) -> bool:
    """Whether images were given no groups, so that the name of each is that of its patient."""
    if "image" not in data.columns or not len(data):
        return False
    return bool((data["image"].astype(str) == data["group"].astype(str)).all())
