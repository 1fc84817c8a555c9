"""What every statistic owes its caller: refusals in a sentence, p = 1 for equal values, light imports."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness import stats
from harness.spec.catalogue import catalogue, load_component
from harness.stats import clusters, post_hoc
from harness.stats.power import MANY, PAIRED, TESTS

RNG = np.random.default_rng(5)
EFFECTS = {name: load_component("effect", name) for name in catalogue("effect")}


@pytest.mark.parametrize("name", TESTS)
def test_every_test_refuses_bad_input_in_a_sentence(name):
    groups = 1 if name == "t_one" else 3 if name in MANY else 2
    options = {"margin": 1.0} if name.startswith("equivalence") else {}
    good = [np.arange(4.0) ** 2 + g for g in range(groups - 1)]
    for bad, words in (
        ([], "empty"),
        ([1.0], "n = 1, and at least 2"),
        ([1.0, 2.0, 3.0, float("nan")], "holds 1 values that are not finite"),
        ([1.0, 2.0, float("inf"), 3.0], "not finite"),
        (np.ones((2, 2)), "one dimension"),
    ):
        with pytest.raises(ValueError, match=words):
            TESTS[name](*good, bad, **options)
    if name in PAIRED:
        with pytest.raises(ValueError, match="equally long"):
            TESTS[name](*good, np.arange(5.0), **options)
    if name in MANY:
        with pytest.raises(ValueError, match="at least 2 groups"):
            TESTS[name](np.arange(4.0))


@pytest.mark.parametrize("name", [n for n in TESTS if not n.startswith("equivalence_ranks")])
def test_equal_values_give_p_one(name):
    groups = 1 if name == "t_one" else 3 if name in MANY else 2
    options = (
        {"margin": 1.0}
        if name.startswith("equivalence")
        else {"mean": 0.7}
        if name == "t_one"
        else {}
    )
    found = TESTS[name](*[np.full(4, 0.7)] * groups, **options)
    assert found.p == 1.0
    assert found.n == (4,) * groups


@pytest.mark.parametrize(
    "name",
    ["welch", "student", "t_paired", "t_folds", "t_one", "equivalence", "equivalence_paired"],
)
def test_a_t_test_of_values_without_spread_is_refused_rather_than_certain(name):
    data = [np.full(4, 0.7)] if name == "t_one" else [np.full(4, 0.7), np.full(4, 0.6)]
    with pytest.raises(ValueError, match="vary within the groups"):
        TESTS[name](*data, **({"margin": 1.0} if name.startswith("equivalence") else {}))


@pytest.mark.parametrize("name", sorted({*EFFECTS}))
def test_every_effect_refuses_bad_input_in_a_sentence(name):
    for bad, words in (
        ([], "empty"),
        ([1.0], "at least 2"),
        ([1.0, 2.0, float("nan")], "not finite"),
    ):
        with pytest.raises(ValueError, match=words):
            EFFECTS[name]([1.0, 2.0, 4.0], bad)
    with pytest.raises(ValueError, match="between 0 and 1"):
        EFFECTS[name]([1.0, 2.0, 4.0], [1.0, 3.0, 3.0], level=95)
    found = EFFECTS[name](RNG.normal(size=9), RNG.normal(size=9))
    assert found.name == name
    assert found.low <= found.value <= found.high


def test_clusters_need_a_name_for_every_value():
    for statistic in (
        clusters.icc1,
        clusters.effective_n,
        load_component("interval", "hierarchical"),
    ):
        with pytest.raises(ValueError, match="every value needs its cluster"):
            statistic([1.0, 2, 3], [1, 2])
        with pytest.raises(ValueError, match="at least 2 clusters"):
            statistic([1.0, 2, 3], [1, 1, 1])


def test_the_catalogue_and_the_planner_know_the_same_tests():
    facts = {name: component.facts for name, component in catalogue("test").items()}
    assert facts.keys() == TESTS.keys()
    assert {name for name, f in facts.items() if f.paired} == PAIRED
    assert {name for name, f in facts.items() if f.groups == "many"} == MANY
    assert {t for f in facts.values() for t in f.post_hoc} == post_hoc.POST_HOC.keys()
    for kind in ("test", "effect", "interval", "correction", "rank"):
        assert all(component.sentence.endswith(".") for component in catalogue(kind).values())


def test_statistics_import_nothing_heavy():
    folder = Path(stats.__file__).parent
    modules = [f"harness.stats.{path.stem}" for path in folder.glob("[!_]*.py")]
    code = f"import sys, {', '.join(modules)}; print(*{{m.split('.')[0] for m in sys.modules}})"
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    assert not loaded & {"torch", "mlflow", "statsmodels", "optuna", "streamlit"}
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module
                and node.module.startswith("harness")
            ):
                assert node.module.startswith(("harness.stats", "harness.spec")), path
