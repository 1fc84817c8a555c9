"""The saliency study at a size for tests: its negative control shows nothing."""

from pathlib import Path

import pandas as pd
import pytest

from harness.judge.answer import judge
from harness.judge.preview import previews
from harness.judge.tables import tabulate
from harness.record.table import table
from harness.record.tracker import Tracker, uri
from harness.run.carry_out import run
from harness.run.engines import inline
from harness.run.plan import plan
from harness.store import Home
from harness.study.load import Study, load_study

STUDIES = Path(__file__).parents[2] / "studies"
SEEDS = 10

CONTROL = """
name: control
question: Is a start different from its own copy?
seeds: 2
base:
  fit:
    train_on: {name: fibres, task: fibre, slices: 4, size: 64}
    net: {arch: unet, encoder: resnet18, slices: 3}
    method: {name: supervised, epochs: 1, loss: bce, lr: 5e-4}
    patch: 32
    batch: 2
    steps: 2
  probes: [segmentation, attribution]
grid:
  fit.init:
    - name: photos
      label: photographs
      fit: &photos
        train_on: photos
        net: {arch: encoder_only, slices: 1}
        method: {name: colours, epochs: 1}
        patch: 32
        batch: 2
        steps: 2
    - {name: keep, label: map switched off, of: {name: photos, fit: *photos}}
    - {name: uniform, label: uniform, of: {name: photos, fit: *photos}}
compare:
  - {name: asymmetry, metric: swd, by: fit.init, against: photographs, unit: seed,
     test: mann_whitney}
  - {name: scores, metric: dice, by: fit.init, against: photographs, unit: seed}
tables:
  - {name: All, rows: [fit.init], metrics: [swd, fwd, dice], unit: seed}
"""


@pytest.fixture
def recording(home: Home, tmp_path: Path) -> tuple[Study, pd.DataFrame, pd.DataFrame]:
    """The control study, run; its runs and its rows."""
    file = tmp_path / "control.yaml"
    file.write_text(CONTROL)
    tracker = Tracker(uri(home), home)
    tracker.prepare()
    study = load_study(file)
    planned = plan(study, home, tracker.runs())
    assert len(planned.fits) == 7  # one pretraining, three starts, two seeds
    engine = inline(home.folder, "cpu")
    summary = run(planned, home, tracker, engine, lambda p, o: None)
    assert summary.count("finished") == 6, [outcome.error for outcome in summary.failures]
    runs, rows = table(tracker, "control")
    return study, runs, rows


def test_with_the_map_switched_off_both_arms_are_the_same(
    recording: tuple[Study, pd.DataFrame, pd.DataFrame],
) -> None:
    study, runs, rows = recording
    for verdict in judge(study, runs, rows).verdicts:
        control, uniform = verdict.contrasts
        assert control.first == "map switched off"
        assert uniform.first == "uniform"
        assert control.estimate == 0
        assert control.p == 1
        assert uniform.estimate != 0
    assert len(tabulate(study, runs, rows, set())) == 1


def test_each_seed_of_the_study_has_a_pretraining_that_its_arms_share() -> None:
    study = load_study(STUDIES / "saliency.yaml")
    pretrainings: dict[int, set[str]] = {}
    for cell in study.cells:
        (fit,) = cell.trial.fit.lineage[1:]
        assert fit.seed == cell.trial.fit.seed
        pretrainings.setdefault(fit.seed, set()).add(fit.key)
    assert len(pretrainings) == SEEDS
    assert {len(keys) for keys in pretrainings.values()} == {1}
    assert len(set.union(*pretrainings.values())) == SEEDS


def test_both_questions_of_the_study_are_primary_and_have_one_contrast() -> None:
    study = load_study(STUDIES / "saliency.yaml")
    assert all(comparison.primary for comparison in study.compare)
    contrasts = [(preview.comparison, preview.n, preview.verdict) for preview in previews(study)]
    assert contrasts == [
        ("asymmetry", (SEEDS, SEEDS), "testable"),
        ("no cost", (SEEDS, SEEDS), "testable"),
    ]


@pytest.mark.parametrize("file", ["saliency_inits", "saliency_control"])
def test_what_other_files_share_with_the_study_is_trained_once(file: str) -> None:
    study = load_study(STUDIES / "saliency.yaml")
    beside = load_study(STUDIES / f"{file}.yaml")
    fits = {cell.trial.fit.key for cell in study.cells if cell.trial.fit.init.name == "photos"}
    assert len(fits) == SEEDS
    assert fits <= {cell.trial.fit.key for cell in beside.cells}
