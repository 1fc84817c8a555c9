"""A level has one colour in all figures of a study, whichever levels a comparison leaves out."""

from pathlib import Path

import pytest

from dashboard.draw.colours import LIGHT, NIGHT, palette
from harness.judge.answer import judge
from harness.report.arm_colours import arm_colours, levels_in_order
from harness.report.colours import SERIES, Ground, level_colours
from harness.report.page_comparisons import section_of_comparison
from tests.made.synthetic import results, study_in

STUDY = """
seeds: 4
grid:
  fit.method.loss: [ce, bce, bce_dice]
  fit.batch: [8, 2, 4]
compare:
  - {name: all, metric: dice, by: fit.method.loss, unit: seed}
  - name: the last two
    metric: dice
    by: fit.method.loss
    where: {fit.method.loss: [bce_dice, bce]}
    unit: seed
  - {name: batches, metric: dice, by: fit.batch, unit: seed}
"""


def test_an_arm_has_one_colour_in_all_comparisons(tmp_path: Path) -> None:
    study = study_in(tmp_path, STUDY)
    verdicts = judge(study, *results(study, lambda trial, rng: rng.random())).verdicts
    colours = [arm_colours(study, verdict.comparison, verdict.arms) for verdict in verdicts]
    of_all, of_two, of_batches = colours
    assert of_all == dict(zip(("ce", "bce", "bce_dice"), SERIES, strict=False))
    for level in ("bce", "bce_dice"):
        assert of_two[level] == of_all[level]
    assert list(of_batches) == ["2", "4", "8"], "numbers stand by size"
    crossed = levels_in_order(study, ["fit.method.loss", "fit.batch"])
    assert crossed[:3] == ["ce · 8", "ce · 2", "ce · 4"], "settings together, as the grid has them"
    html = section_of_comparison(1, verdicts[1], study.names, of_two)
    assert f"fill:{of_all['bce_dice']}" in html
    assert f"fill:{of_all['ce']}" not in html


def test_report_and_dashboard_have_one_rule() -> None:
    words = ["random", "photographs", "tissue"]
    numbers = ["4", "0.5", "1"]
    for levels in (words, numbers):
        assert palette(levels, LIGHT) == level_colours(levels, "light")
        assert palette(levels, NIGHT) == level_colours(levels, "dark")
    assert palette(words, LIGHT) == level_colours(words)


@pytest.mark.parametrize("ground", ["light", "dark", "either"])
def test_numbers_get_a_ramp_of_their_size(ground: Ground) -> None:
    numbers = [str(number) for number in range(12)]
    colours = level_colours([*numbers[6:], *numbers[:6]], ground)
    assert list(colours) == numbers
    assert len(set(colours.values())) == 12
