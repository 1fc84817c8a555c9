"""A fuzzer of study files: every shipped study, changed at random, is planned or refused."""

import json
import math
import random
import shutil
import time
from pathlib import Path

import pytest
import yaml

from harness.judge.preview import previews
from harness.judge.preview_words import preview_lines
from harness.run.building import build_key
from harness.run.fingerprints import with_fingerprints
from harness.run.plan import jobs, plan
from harness.spec.values import Trial
from harness.store import Home
from harness.study.load import load_study
from harness.study.marks import Mistakes, Problem
from tests.faults.mutations import mutate, mutate_text

ROOT = Path(__file__).parents[2]
STUDIES = sorted((ROOT / "studies").rglob("*.yaml"))
NAMES = [str(path.relative_to(ROOT / "studies")) for path in STUDIES]
IN_ALL = 200  # mutations of the ordinary suite, shared by the studies
OF_EACH = 2_000  # mutations of each study, of those marked slow
BUILDS = 2  # unlike trials that are built of each mutation that is planned
LONGEST = 2.0  # seconds until a study is planned or refused


def plan_file(file: Path, home: Home) -> list[Trial]:
    """Everything that a plan of a study file does; only `Mistakes` may come of it.

    Returns the trials that it would run.
    """
    problems: list[Problem] = []
    trials: list[Trial] = []
    try:
        study = with_fingerprints(load_study(file), home)
        planned = plan(study, home, [])
        jobs(planned)
        list(preview_lines(previews(study)))
        trials = [cell.trial for cell in study.cells]
    except Mistakes as mistakes:
        problems = mistakes.problems
    for problem in problems:
        assert problem.mark.file
        assert problem.text
    return trials


def build(trials: list[Trial], home: Home, most: int) -> None:
    """Builds so many trials without weights: each can be built, or is refused in a sentence."""
    from harness.measure.dry_build import DryBuild

    building = DryBuild(home)
    unlike = {build_key(trial): trial for trial in trials[: 10 * most]}
    for trial in list(unlike.values())[:most]:
        for steps, text in building.problems(trial):
            assert steps
            assert text


def check_mutations(source: Path, folder: Path, seeds: range) -> None:
    """Plans mutations of a study, and builds two trials of each that is planned.

    The one that fails stays in the folder.
    """
    studies = shutil.copytree(ROOT / "studies", folder / "studies")
    home = Home(folder / "home")
    file = studies / source.relative_to(ROOT / "studies")
    text = file.read_text(encoding="utf-8")
    raw = yaml.safe_load(text)
    before = sorted(folder.rglob("*"))
    for seed in seeds:
        rng = random.Random(f"{file.name} {seed}")
        if seed % 4 == 3:
            file.write_bytes(mutate_text(text.encode(), rng))
        else:
            mutant = mutate(raw, rng)
            file.write_text(json.dumps(mutant, indent=1), encoding="utf-8")
        began = time.process_time()
        trials = plan_file(file, home)
        seconds = time.process_time() - began
        assert seconds < LONGEST
        build(trials, home, BUILDS)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_study_is_planned_or_refused(name: str, tmp_path: Path) -> None:
    count = math.ceil(IN_ALL / len(NAMES))
    check_mutations(ROOT / "studies" / name, tmp_path, range(count))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_thousands_of_changed_studies_are_planned_or_refused(name: str, tmp_path: Path) -> None:
    check_mutations(ROOT / "studies" / name, tmp_path, range(OF_EACH))
