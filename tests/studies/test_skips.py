"""The study of paper 004: one training for all shifts, the t test of folds, heat maps, its pick."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, nn

from harness.data.images import Domains, Labelled, Unlabelled
from harness.judge.preview import previews
from harness.judge.tables import tabulate
from harness.report.colours import VIRIDIS
from harness.report.heatmap import cell_style
from harness.report.paper_tables import our_number
from harness.report.paper_tables_html import sections_of_tables
from harness.run.plan import plan
from harness.spec.catalogue import load_component
from harness.spec.values import Trial
from harness.stats import folds
from harness.store import Home
from harness.study.levels import among
from harness.study.load import load_study
from tests.made.synthetic import results, study_in

STUDIES = Path(__file__).parents[2] / "studies"
RNG = np.random.default_rng(3)
SEEDS = 12


@pytest.mark.parametrize(("file", "prunings", "shifts"), [("skips", 2, 8), ("skips_levels", 5, 15)])
def test_one_training_for_each_pruning_and_seed_however_many_shifts(
    home: Home,
    file: str,
    prunings: int,
    shifts: int,
) -> None:
    study = load_study(STUDIES / f"{file}.yaml")
    planned = plan(study, home, [])
    networks: dict[tuple[int, int], str] = {}
    starts: dict[int, set[str]] = {}
    perturbations: set[str] = set()
    for cell in study.cells:
        assert cell.trial.perturb is not None
        perturbations.add(cell.trial.perturb.key)
        fit = cell.trial.fit
        networks[fit.net.options["prune"], fit.seed] = fit.key
        start = fit.init.options["fit"]
        assert start.seed == fit.seed
        starts.setdefault(fit.seed, set()).add(start.key)
    count = prunings * SEEDS
    assert len(networks) == count
    assert len(set(networks.values())) == count
    assert {len(keys) for keys in starts.values()} == {1}  # prunings share the start of a seed
    assert len(planned.fits) == count + SEEDS
    final = set(networks.values())
    assert {fit.trials for fit in planned.fits if fit.fit.key in final} == {shifts}
    assert len(perturbations) == shifts


def test_the_study_of_the_paper_trains_once_for_each_encoder_pruning_and_fold(home: Home) -> None:
    study = load_study(STUDIES / "paper/skips.yaml")
    planned = plan(study, home, [])
    assert len(planned.fits) == 2 * 5 * 5
    assert {fit.trials for fit in planned.fits} == {17}


@pytest.mark.parametrize("file", ["skips", "skips_levels"])
def test_each_seed_has_a_start_and_pictures_of_its_own_that_its_prunings_share(file: str) -> None:
    study = load_study(STUDIES / f"{file}.yaml")
    pictures: dict[int, set[tuple[str, str]]] = {}
    for cell in study.cells:
        trial = cell.trial
        assert trial.fit.train_on.options["seed"] == trial.test_on.options["seed"] == 0
        pair = (trial.fit.train_on.key, trial.test_on.key)
        pictures.setdefault(trial.fit.seed, set()).add(pair)
    assert len(pictures) == SEEDS
    assert {len(pairs) for pairs in pictures.values()} == {1}
    trained = {next(iter(pairs))[0] for pairs in pictures.values()}
    tested = {next(iter(pairs))[1] for pairs in pictures.values()}
    assert len(trained) == len(tested) == SEEDS


def test_the_study_has_one_primary_comparison_of_one_contrast() -> None:
    study = load_study(STUDIES / "skips.yaml")
    primary = [preview for preview in previews(study) if preview.comparison == "uppermost"]
    assert [comparison.name for comparison in study.compare if comparison.primary] == ["uppermost"]
    (contrast,) = primary
    assert contrast.n == (SEEDS, SEEDS)
    assert contrast.verdict == "testable"


def test_every_trend_of_the_study_stays_on_one_side_of_what_changes_nothing() -> None:
    study = load_study(STUDIES / "skips_levels.yaml")
    trends = 0
    for comparison in study.compare:
        if comparison.by or not comparison.trend:
            continue
        trends += 1
        cells = among(study.expansion, study.cells, comparison.where)
        strengths: set[float] = set()
        neutrals: set[float | None] = set()
        for cell in cells:
            shift = cell.trial.perturb
            if shift is not None:
                strengths.add(shift.options["strength"])
                neutrals.add(shift.component.facts.neutral)
        (neutral,) = neutrals
        assert neutral is not None
        assert len(strengths) >= 3, comparison.name
        is_above = min(strengths) >= neutral
        is_below = max(strengths) <= neutral
        assert is_above or is_below, comparison.name
    assert trends == 3


def test_the_t_of_folds_is_nadeau_and_bengios() -> None:
    """Their equation 4, n2 / n1 = 1 / 4 for five folds: the plain t over 1.5, at four degrees."""
    x, y = RNG.normal(size=(2, 5))
    plain = stats.ttest_rel(x, y)
    result = folds.t_folds(x, y)
    assert result.statistic == pytest.approx(plain.statistic / 1.5)
    t = abs(plain.statistic) / 1.5
    one_sided = stats.t.cdf(-t, 4)
    assert result.p == pytest.approx(2 * one_sided)
    assert result.n == (5, 5)
    interval = folds.folds(x - y)
    plain_interval = plain.confidence_interval(0.95)
    width = interval.high - interval.low
    assert width == pytest.approx(1.5 * (plain_interval.high - plain_interval.low))
    excludes_zero = interval.low > 0 or interval.high < 0
    assert excludes_zero == (result.p < 0.05)


def test_the_t_of_folds_keeps_its_level_where_folds_are_as_alike_as_it_says() -> None:
    """Differences correlated by the share left out, 1 / 5, which the plain t takes for effects."""
    shared = RNG.normal(size=(4000, 1))
    own = RNG.normal(size=(4000, 5))
    samples = np.sqrt(0.2) * shared + np.sqrt(0.8) * own
    zero = np.zeros(5)
    rejected = [folds.t_folds(differences, zero).p < 0.05 for differences in samples]
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.012)
    plain = stats.ttest_1samp(samples, 0, axis=1)
    assert np.mean(plain.pvalue < 0.05) > 0.09


TABLE = """
seeds: 2
grid:
  fit.method.loss: [dice, bce, ce]
tables:
  - {name: Heat, rows: [fit.method.loss], metrics: [dice], unit: seed, heat: HEAT}
"""


def styles(folder: Path, heat: str) -> dict[str, str]:
    """The style of each row of the page's table, and how many legends it has."""
    study = study_in(folder, "  probes: [segmentation]" + TABLE.replace("HEAT", heat))
    value = {"dice": 0.2, "bce": 0.5, "ce": 0.8}

    def dice(trial: Trial, rng: np.random.Generator) -> float:
        return value[trial.fit.method.options["loss"].name]

    runs, rows = results(study, dice)
    tables = tabulate(study, runs, rows)
    text = "".join(sections_of_tables(tables))
    cell = r'scope="row">(.*?)</th><td data-k="Dice"(?: style="(.*?)")?>'
    by_loss = dict(re.findall(cell, text))
    assert len(by_loss) == 3
    return {"legend": str(text.count('class="legend scale"')), **by_loss}


def test_a_heat_map_runs_from_dark_to_bright_and_its_text_can_be_read(tmp_path: Path) -> None:
    style = styles(tmp_path, "true")
    assert style["dice"] == f"background:{VIRIDIS[0]};color:#fff"
    assert style["ce"] == f"background:{VIRIDIS[-1]};color:#000"
    assert style["legend"] == "1"
    assert style["bce"] not in (style["dice"], style["ce"])
    assert styles(tmp_path, "false") == {"legend": "0", "dice": "", "bce": "", "ce": ""}


def test_values_that_only_rounding_tells_apart_have_no_error(tmp_path: Path) -> None:
    """The input's distance is the same for every network; it read 8.50e-01 ± 5.55e-17."""
    study = study_in(tmp_path, "  probes: [segmentation]" + TABLE.replace("HEAT", "false"))
    runs, rows = results(study, lambda trial, rng: 0.0, images=1)
    rows["value"] = rows["seed"].map({0: 0.1 + 0.2, 1: 0.3})
    (filled,) = tabulate(study, runs, rows)
    entries = list(itertools.chain.from_iterable(filled.entries))
    assert {our_number(entry) for entry in entries} == {"0.300 ± 0.0"}
    assert {entry.n for entry in entries} == {2}


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2 defines it."""
    channels = np.array(list(bytes.fromhex(colour[1:]))) / 255
    dark = channels / 12.92
    light = ((channels + 0.055) / 1.055) ** 2.4
    linear = np.where(channels <= 0.04045, dark, light)
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_every_tint_has_the_contrast_that_reading_needs() -> None:
    tints = [cell_style(value, (0, 1)) for value in np.linspace(0, 1, 101)]
    colours = [tint.split("background:")[1][:7] for tint in tints]
    grounds = [luminance(colour) for colour in colours]
    for tint, ground in zip(tints, grounds, strict=True):
        ink = 1.0 if "color:#fff" in tint else 0.0
        dark, light = sorted((ground, ink))
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2, AA
    assert np.all(np.diff(grounds) > 0)  # its order shows in grey too
    assert cell_style(float("nan"), (0, 1)) == ""
    assert cell_style(0.5, None) == ""
    assert cell_style(0.5, (0.5, 0.5)).startswith(f' style="background:{VIRIDIS[0]}')


class Says(nn.Module):
    """A network that says what its first channel holds."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        first = x[:, :1]
        return torch.cat([-first, first], 1) * self.scale


def test_the_pick_of_the_paper_is_the_mean_iou_of_all_pixels_not_of_images() -> None:
    rows = [
        [1.0, 1, 1, -1],
        [-1, -1, -1, -1],
    ]
    pixels = torch.tensor(rows)
    pixels = pixels.view(2, 1, 2, 2)
    masks = torch.tensor([[1, 1, 0, 0], [0, 0, 0, 1]])
    masks = masks.view(2, 2, 2)
    slices = torch.arange(2)
    images = Unlabelled(pixels, ["a", "b"], ["a", "b"], slices, slices, 1)
    split = Labelled(images, masks, ("background", "cell"))
    pick = load_component("pick", "source_validation_iou")
    score = pick(Says(), Domains(split, split, None))
    assert score == pytest.approx((2 / 4 + 4 / 6) / 2)
    with pytest.raises(ValueError, match="no validation split"):
        pick(Says(), Domains(split, None, None))
