"""The study of paper 004: one training however many shifts, the folds' own t test, heat maps, its pick."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from harness.data.images import Domains, Labelled, Unlabelled
from harness.judge.tables import tabulate
from harness.report.heatmap import RAMP, tinted
from harness.report.paper_tables import ours
from harness.report.paper_tables_html import laid_out
from harness.run.plan import plan
from harness.spec.catalogue import catalogue, load_component
from harness.spec.paths import split, walk
from harness.stats import folds
from harness.store import Home
from harness.study.levels import among
from harness.study.load import load_study
from tests.made.synthetic import made, results

STUDIES = Path(__file__).parents[2] / "studies"
RNG = np.random.default_rng(3)


@pytest.mark.parametrize(("file", "encoders", "shifts"), [("skips", 1, 13), ("paper/skips", 2, 17)])
def test_one_training_per_encoder_pruning_and_fold_however_many_shifts(
    home: Home, file: str, encoders: int, shifts: int
) -> None:
    study = load_study(STUDIES / f"{file}.yaml")
    made_of = plan(study, home, [])
    places = [split(path) for path in ("fit.net.encoder", "fit.net.prune", "fit.fold")]
    named = {str([walk(cell.trial, p) for p in places]): cell.trial.fit.key for cell in study.cells}
    assert len(named) == len(set(named.values())) == len(made_of.fits) == encoders * 5 * 5
    assert {one.trials for one in made_of.fits} == {shifts}
    assert (
        len({str(cell.trial.perturb.plain) for cell in study.cells if cell.trial.perturb}) == shifts
    )


def test_folds_of_the_study_have_starts_of_their_own_and_share_them_between_prunings() -> None:
    study = load_study(STUDIES / "skips.yaml")
    fits = {
        (str(c.trial.fit.fold), c.trial.fit.seed, c.trial.fit.net.options["prune"])
        for c in study.cells
    }
    assert fits == {(f"[{fold}, 5]", fold, prune) for fold in range(5) for prune in range(5)}


def test_every_trend_of_the_study_stays_on_one_side_of_what_changes_nothing() -> None:
    study = load_study(STUDIES / "skips.yaml")
    for one in study.compare:
        if one.trend and not one.by:
            shifts = [
                c.trial.perturb
                for c in among(study.expansion, study.cells, one.where)
                if c.trial.perturb
            ]
            (neutral,) = {catalogue("perturb")[shift.name].facts.neutral for shift in shifts}
            asked = {shift.options["strength"] for shift in shifts}
            assert len(asked) >= 3, one.name
            assert min(asked) >= neutral or max(asked) <= neutral, one.name


def test_the_t_of_folds_is_nadeau_and_bengios() -> None:
    """Their equation 4 with n2 / n1 = 1 / 4 for five folds: the plain t over 1.5, at four degrees of freedom."""
    x, y = RNG.normal(size=(2, 5))
    plain = stats.ttest_rel(x, y)
    found = folds.t_folds(x, y)
    assert found.statistic == pytest.approx(plain.statistic / 1.5)
    assert found.p == pytest.approx(2 * stats.t.cdf(-abs(plain.statistic) / 1.5, 4))
    assert found.n == (5, 5)
    around, known = folds.folds(x - y), stats.ttest_rel(x, y).confidence_interval(0.95)
    assert around.high - around.low == pytest.approx(1.5 * (known.high - known.low))
    assert (around.low > 0 or around.high < 0) == (found.p < 0.05)


def test_the_t_of_folds_keeps_its_level_where_folds_are_as_alike_as_it_says() -> None:
    """Differences correlated by the share held out, 1 / 5: the plain t rejects a true null too often."""
    shared, own = RNG.normal(size=(4000, 1)), RNG.normal(size=(4000, 5))
    drawn = np.sqrt(0.2) * shared + np.sqrt(0.8) * own
    zero = np.zeros(5)
    assert np.mean([folds.t_folds(d, zero).p < 0.05 for d in drawn]) == pytest.approx(
        0.05, abs=0.012
    )
    assert np.mean(stats.ttest_1samp(drawn, 0, axis=1).pvalue < 0.05) > 0.09


TABLE = """
seeds: 2
grid:
  fit.method.loss: [dice, bce, ce]
tables:
  - {name: Heat, rows: [fit.method.loss], metrics: [dice], unit: seed, heat: HEAT}
"""


def cells(folder: Path, heat: str) -> dict[str, str]:
    """The style of each row of the page's table."""
    study = made(folder, "  probes: [segmentation]" + TABLE.replace("HEAT", heat))
    value = {"dice": 0.2, "bce": 0.5, "ce": 0.8}
    found = tabulate(
        study, *results(study, lambda trial, rng: value[trial.fit.method.options["loss"].name])
    )
    text = "".join(laid_out(found))
    rows = re.findall(r'scope="row">(.*?)</th><td data-k="dice"(?: style="(.*?)")?>', text)
    assert len(rows) == 3
    return {"legend": str(text.count('class="legend scale"')), **dict(rows)}


def test_a_heat_map_runs_from_dark_to_bright_and_its_text_can_be_read(tmp_path: Path) -> None:
    found = cells(tmp_path, "true")
    assert found["dice"] == f"background:#{RAMP[0]};color:#fff"
    assert found["ce"] == f"background:#{RAMP[-1]};color:#000"
    assert found["legend"] == "1"
    assert found["bce"] not in (found["dice"], found["ce"])
    assert cells(tmp_path, "false") == {"legend": "0", "dice": "", "bce": "", "ce": ""}


def test_values_that_only_rounding_tells_apart_have_no_error(tmp_path: Path) -> None:
    """The input's distance is the same for every network; it read 8.50e-01 ± 5.55e-17."""
    study = made(tmp_path, "  probes: [segmentation]" + TABLE.replace("HEAT", "false"))
    runs, rows = results(study, lambda trial, rng: 0.0, images=1)
    rows["value"] = rows["seed"].map({0: 0.1 + 0.2, 1: 0.3})
    (found,) = tabulate(study, runs, rows)
    assert {(ours(entry), entry.n) for line in found.entries for entry in line} == {
        ("0.300 ± 0.0", 2)
    }


def test_every_tint_has_the_contrast_that_reading_needs() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    ramp = [tinted(v, (0, 1)) for v in np.linspace(0, 1, 101)]
    grounds = [light(style.split("background:")[1][:7]) for style in ramp]
    inks = [float("color:#fff" in style) for style in ramp]
    pairs = [sorted((a, b)) for a, b in zip(grounds, inks, strict=True)]
    assert min((high + 0.05) / (low + 0.05) for low, high in pairs) >= 4.5  # WCAG 2, AA
    assert np.all(np.diff(grounds) > 0)  # its order shows in grey too
    assert tinted(float("nan"), (0, 1)) == tinted(0.5, None) == ""
    assert tinted(0.5, (0.5, 0.5)).startswith(f' style="background:#{RAMP[0]}')


class Says(nn.Module):
    """A network that says what its first channel holds."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([-x[:, :1], x[:, :1]], 1) * self.scale


def test_the_pick_of_the_paper_is_the_mean_iou_of_all_pixels_not_of_images() -> None:
    said = torch.tensor([[1.0, 1, 1, -1], [-1, -1, -1, -1]]).view(2, 1, 2, 2)
    truth = torch.tensor([[1, 1, 0, 0], [0, 0, 0, 1]]).view(2, 2, 2)
    images = Unlabelled(said, ["a", "b"], ["a", "b"], torch.arange(2), torch.arange(2), 1)
    held = Labelled(images, truth, ("background", "cell"))
    chosen = load_component("pick", "source_validation_iou")
    assert chosen(Says(), Domains(held, held, None)) == pytest.approx((2 / 4 + 4 / 6) / 2)
    with pytest.raises(ValueError, match="no validation split"):
        chosen(Says(), Domains(held, None, None))
