"""The saliency study at a size for tests: its negative control shows nothing, its arms are what they say."""

from pathlib import Path

import pytest

from harness.judge.answer import judge
from harness.judge.tables import tabulate
from harness.record.table import table
from harness.record.tracker import Tracker, uri
from harness.run.carry_out import run
from harness.run.engines import inline
from harness.run.plan import plan
from harness.store import Home
from harness.study.load import load_study

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
    - {name: photos, label: photographs, fit: &photos {train_on: photos, net: {arch: encoder_only, slices: 1},
       method: {name: colours, epochs: 1}, patch: 32, batch: 2, steps: 2}}
    - {name: keep, label: map switched off, of: {name: photos, fit: *photos}}
    - {name: uniform, label: uniform, of: {name: photos, fit: *photos}}
compare:
  - {name: asymmetry, metric: swd, by: fit.init, against: photographs, unit: seed, test: mann_whitney}
  - {name: scores, metric: dice, by: fit.init, against: photographs, unit: seed}
tables:
  - {name: All, rows: [fit.init], metrics: [swd, fwd, dice], unit: seed}
"""


@pytest.fixture
def done(home: Home, tmp_path: Path) -> tuple:
    file = tmp_path / "control.yaml"
    file.write_text(CONTROL)
    tracker = Tracker(uri(home), home)
    tracker.prepare()
    study = load_study(file)
    made = plan(study, home, tracker.runs())
    assert len(made.fits) == 7  # one pretraining, three starts, two seeds
    ended = run(made, home, tracker, inline(home.folder, "cpu"), lambda p, o: None)
    assert ended.count("finished") == 6, [o.error for o in ended.failures]
    return study, *table(tracker, "control")


def test_with_the_map_switched_off_both_arms_are_the_same(done: tuple) -> None:
    study, runs, rows = done
    verdicts = judge(study, runs, rows)
    for verdict in verdicts.verdicts:
        control, uniform = verdict.contrasts
        assert (control.first, uniform.first) == ("map switched off", "uniform")
        assert control.estimate == 0
        assert control.p == 1
        assert uniform.estimate != 0
    found = tabulate(study, runs, rows, set())
    assert len(found) == 1
