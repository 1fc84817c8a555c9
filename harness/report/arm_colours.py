"""The colours of a comparison's arms: those that their levels have in all figures of a study."""

from collections.abc import Iterable, Sequence

from harness.judge.arms import levels_text
from harness.judge.verdicts import Arm
from harness.report.colours import Ground, level_colours
from harness.study.comparison import Comparison
from harness.study.level_columns import level_columns
from harness.study.levels import planned_levels_of_rows
from harness.study.load import Study


def arm_colours(
    study: Study, comparison: Comparison, arms: Iterable[Arm], ground: Ground = "either"
) -> dict[str, str]:
    """A colour for each arm, or for each point of a trend, by the text of its levels.

    It follows the order in which the study has the levels of the settings that are compared, also
    of those that this comparison leaves out; so an arm looks alike in all comparisons of them.
    """
    paths = tuple(comparison.factors)
    if comparison.kind == "trend":
        paths = (comparison.trend or "",)
    texts = dict.fromkeys(levels_in_order(study, paths))
    texts.update(dict.fromkeys(levels_text(arm.sample.arm_or_point) for arm in arms))
    return level_colours(texts, ground)


def levels_in_order(study: Study, paths: Sequence[str]) -> list[str]:
    """The levels of settings that are compared together, in the order of the study's grid; of a
    dimension of the rows those that the study spells out, for others are known once measured.
    """
    all_levels = level_columns(study.cells)
    columns = [all_levels.levels(path) for path in paths]
    texts: dict[str, None] = {}
    for levels in zip(*columns, strict=True):
        if any(levels):
            text = levels_text(level or "none" for level in levels)
            texts[text] = None
    if not texts and len(paths) == 1:
        return planned_levels_of_rows(study.expansion, paths[0])
    return list(texts)
