"""The studies of transfer risk: transfers, one training for each source, published numbers."""

import csv
from pathlib import Path
from statistics import mean

import pytest

from harness.judge.preview import previews
from harness.study.load import Study, load_study

STUDIES = Path(__file__).parents[2] / "studies"
PUBLISHED = STUDIES / "paper/published"
METHODS = ("vanilla", "class weight", "transferability map", "risk map")
SEEDS = 8


def numbers_of(name: str) -> list[dict[str, str]]:
    """Reads a file of published numbers without the lines of its note."""
    text = (PUBLISHED / name).read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def transfers_of(study: Study) -> set[tuple[str, str]]:
    """Returns the pairs of a source and a target that a study trains."""
    pairs = set()
    for cell in study.cells:
        fit = cell.trial.fit
        source = fit.init
        target = fit.train_on
        if source.name == "trained":
            pairs.add((source.level, target.level))
    return pairs


@pytest.mark.parametrize("name", ["risk_map_iseg", "risk_map_fets"])
def test_each_source_of_the_paper_is_trained_once_for_thirty_transfers(name: str) -> None:
    study = load_study(STUDIES / "paper" / f"{name}.yaml")
    assert len(transfers_of(study)) == 30
    sources: set[str] = set()
    trials_of_methods: dict[str, set[str]] = {}
    for cell in study.cells:
        trial = cell.trial
        sources.update(fit.key for fit in trial.fit.lineage[1:])
        method = trial.fit.method
        if trial.fit.shots is None and trial.fit.init.name == "trained":
            weight = method.options["weight"].level
            trials_of_methods.setdefault(weight, set()).add(trial.key)
            assert method.options["frozen"] == "encoder"
        assert method.options["lr"] == 1e-4
        assert method.options["epochs"] * trial.fit.steps == 5000
        assert trial.test_on.options["window"] == "subject"
    assert len(sources) == 6
    assert set(trials_of_methods) == set(METHODS)
    for trials in trials_of_methods.values():
        assert len(trials) == 30 * SEEDS


def test_few_shots_have_one_source_two_methods_and_three_numbers_of_slices() -> None:
    study = load_study(STUDIES / "paper/risk_map_iseg.yaml")
    fits = [cell.trial.fit for cell in study.cells]
    with_shots = [fit for fit in fits if fit.shots is not None]
    pretrained = [fit for fit in with_shots if fit.init.name == "trained"]
    sources = {fit.init.level for fit in pretrained}
    numbers = {fit.shots for fit in pretrained}
    assert sources == {"CSF-T1"}
    assert numbers == {50, 100, 400}
    weights = {fit.method.options["weight"].level for fit in pretrained}
    assert weights == {"vanilla", "risk map"}


def test_the_laptop_study_trains_each_source_once_for_each_seed() -> None:
    study = load_study(STUDIES / "risk_map.yaml")
    trials_of_sources: dict[str, int] = {}
    for cell in study.cells:
        for source in cell.trial.fit.lineage[1:]:
            trials_of_sources[source.key] = trials_of_sources.get(source.key, 0) + 1
    seeds = {cell.trial.fit.seed for cell in study.cells}
    assert len(trials_of_sources) == 6 * len(seeds)
    assert min(trials_of_sources.values()) >= 2
    assert len(transfers_of(study)) == 10


def test_the_laptop_study_has_its_rivals_and_its_curve_on_one_transfer() -> None:
    study = load_study(STUDIES / "risk_map.yaml")
    transfers_of_weights: dict[str, set[tuple[str, str]]] = {}
    transfers_of_shots: dict[int | None, set[tuple[str, str]]] = {}
    for cell in study.cells:
        fit = cell.trial.fit
        if fit.init.name == "trained":
            transfer = (fit.init.level, fit.train_on.level)
            weight = fit.method.options["weight"].level
            transfers_of_weights.setdefault(weight, set()).add(transfer)
            transfers_of_shots.setdefault(fit.shots, set()).add(transfer)
    one_transfer = {("GM-T1", "CSF-T1")}
    for weight in ("class weight", "transferability map"):
        assert transfers_of_weights[weight] == one_transfer
    for weight in ("vanilla", "risk map"):
        assert len(transfers_of_weights[weight]) == 10
    assert set(transfers_of_shots) == {4, 8, None}
    assert transfers_of_shots[4] == transfers_of_shots[None] == one_transfer


def test_every_comparison_of_the_laptop_study_can_show_something() -> None:
    study = load_study(STUDIES / "risk_map.yaml")
    planned = previews(study)
    names = {preview.comparison for preview in planned}
    verdicts = {preview.verdict for preview in planned}
    assert len(names) == len(study.compare)
    assert "not testable" not in verdicts
    powers = [preview.power for preview in planned if preview.power is not None]
    (power,) = powers
    assert power is not None
    assert power > 0.8


@pytest.mark.parametrize(("table", "tolerance"), [("1", 0.00006), ("2", 0.0006)])
def test_printed_averages_are_those_of_their_rows_but_for_one(table: str, tolerance: float) -> None:
    rows: dict[tuple[str, str], list[float]] = {}
    name = f"risk-map-table-{table}"
    for line in numbers_of(f"{name}.csv"):
        key = (line["fit.train_on"], line["fit.method.weight"])
        rows.setdefault(key, []).append(float(line["value"]))
    assert len(rows) == 24
    differing = []
    for line in numbers_of(f"{name}-average.csv"):
        key = (line["fit.train_on"], line["fit.method.weight"])
        assert len(rows[key]) == 5
        if abs(mean(rows[key]) - float(line["value"])) > tolerance:
            differing.append(key)
    expected = [("WM-T1", "risk map")] if table == "1" else []
    assert differing == expected


@pytest.mark.parametrize(("table", "gain"), [("1", 1.81), ("2", 4.37)])
def test_the_gains_of_the_paper_are_relative_gains_of_mean_dice(table: str, gain: float) -> None:
    means = {}
    for method in ("vanilla", "risk map"):
        values = []
        for line in numbers_of(f"risk-map-table-{table}-average.csv"):
            if line["fit.method.weight"] == method:
                values.append(float(line["value"]))
        means[method] = mean(values)
    absolute = 100 * (means["risk map"] - means["vanilla"])
    relative = absolute / means["vanilla"]
    assert relative == pytest.approx(gain, abs=0.03)
    assert absolute != pytest.approx(gain, abs=0.1)
