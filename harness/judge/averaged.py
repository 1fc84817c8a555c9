"""The axes of a study that a comparison averages over."""

from collections.abc import Collection, Iterable

from harness.study.cells import Axis


def averaged_paths(axes: Iterable[Axis], settings: Collection[str]) -> list[str]:
    """The axes that the comparison does not name: their levels are averaged over."""
    averaged: list[str] = []
    for axis in axes:
        is_repetition = bool({"fit.seed", "fit.fold"} & set(axis.paths))
        if not is_repetition and not _touches(axis, settings):
            averaged += axis.paths
    return averaged


def _touches(axis: Axis, settings: Iterable[str]) -> bool:
    """Whether an axis sets one of these settings, a part of one, or what holds one."""
    for setting in settings:
        for path in axis.paths:
            if path == setting or path.startswith(f"{setting}.") or setting.startswith(f"{path}."):
                return True
    return False
