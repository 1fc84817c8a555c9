"""Every statistic refuses bad input in a sentence, gives equal values p = 1 and imports little."""

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import stats
from harness.spec.catalogue import catalogue, load_component
from harness.stats import clusters, post_hoc
from tests.stats.counting import Array

RNG = np.random.default_rng(5)
TESTS = {name: load_component("test", name) for name in catalogue("test")}
EFFECTS = {name: load_component("effect", name) for name in catalogue("effect")}
FACTS = {name: component.facts for name, component in catalogue("test").items()}
PAIRED = {
    "wilcoxon",
    "sign",
    "permutation_paired",
    "t_paired",
    "t_folds",
    "trend_folds",
    "equivalence_folds",
    "equivalence_paired",
    "equivalence_ranks_paired",
    "sequential_t",
    "sequential_signs",
    "friedman",
    "page",
}
BOUNDLESS = {
    "welch",
    "student",
    "t_paired",
    "t_one",
    "t_folds",
    "trend_folds",
    "equivalence_folds",
    "equivalence",
    "equivalence_paired",
    "sequential_t",
}
MANY = {"kruskal", "friedman", "page", "jonckheere", "trend_folds"}
GIVE_P_OF_EQUAL_VALUES = [name for name in TESTS if not name.startswith("equivalence_ranks")]
BAD_SAMPLES = [
    ([], "empty"),
    ([1.0], "n = 1, and at least 2"),
    ([1.0, 2.0, 3.0, float("nan")], "holds 1 values that are not finite"),
    ([1.0, 2.0, float("inf"), 3.0], "not finite"),
    (np.ones((2, 2)), "one dimension"),
]
BAD_SAMPLES_OF_EFFECTS = [
    ([], "empty"),
    ([1.0], "at least 2"),
    ([1.0, 2.0, float("nan")], "not finite"),
]
OF_CLUSTERS = [
    clusters.icc1,
    clusters.effective_n,
    load_component("interval", "hierarchical"),
]
HEAVY = {"torch", "mlflow", "statsmodels", "optuna", "streamlit"}


def group_count(name: str) -> int:
    """Returns a number of groups that a test takes: three where it takes many."""
    if name == "t_one":
        return 1
    return 3 if name in MANY else 2


def options_of(name: str) -> dict[str, float]:
    """Returns the options that a test does not do without."""
    return {"margin": 1.0} if name.startswith("equivalence") else {}


def good_groups(count: int) -> list[Array]:
    squares = np.arange(4.0) ** 2
    return [squares + i for i in range(count)]


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize(("sample", "words"), BAD_SAMPLES)
def test_every_test_refuses_bad_input_in_a_sentence(name: str, sample: Any, words: str) -> None:
    test = TESTS[name]
    good = good_groups(group_count(name) - 1)
    options = options_of(name)
    with pytest.raises(ValueError, match=words):
        test(*good, sample, **options)


@pytest.mark.parametrize("name", sorted(PAIRED))
def test_pairs_are_equally_long(name: str) -> None:
    good = good_groups(group_count(name) - 1)
    longer = np.arange(5.0)
    with pytest.raises(ValueError, match="equally long"):
        TESTS[name](*good, longer, **options_of(name))


@pytest.mark.parametrize("name", sorted(MANY))
def test_many_groups_are_at_least_two(name: str) -> None:
    values = np.arange(4.0)
    with pytest.raises(ValueError, match="at least 2 groups"):
        TESTS[name](values)


@pytest.mark.parametrize("name", GIVE_P_OF_EQUAL_VALUES)
def test_equal_values_give_p_1(name: str) -> None:
    groups = group_count(name)
    options = {"mean": 0.7} if name == "t_one" else options_of(name)
    values = np.full(4, 0.7)
    result = TESTS[name](*[values] * groups, **options)
    assert result.p == 1.0
    assert result.n == (4,) * groups


@pytest.mark.parametrize("name", sorted(BOUNDLESS))
def test_a_t_test_of_values_without_spread_is_refused_rather_than_certain(name: str) -> None:
    first = np.full(4, 0.7)
    second = np.full(4, 0.6)
    groups = [first, second][: group_count(name)]
    with pytest.raises(ValueError, match="vary within the groups"):
        TESTS[name](*groups, **options_of(name))


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize(("sample", "words"), BAD_SAMPLES_OF_EFFECTS)
def test_every_effect_refuses_bad_input_in_a_sentence(
    name: str,
    sample: list[float],
    words: str,
) -> None:
    with pytest.raises(ValueError, match=words):
        EFFECTS[name]([1.0, 2.0, 4.0], sample)


@pytest.mark.parametrize("name", EFFECTS)
def test_every_effect_refuses_a_level_in_percent(name: str) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        EFFECTS[name]([1.0, 2.0, 4.0], [1.0, 3.0, 3.0], level=95)


@pytest.mark.parametrize("name", EFFECTS)
def test_every_effect_lies_within_its_bounds(name: str) -> None:
    x = RNG.normal(size=9)
    y = RNG.normal(size=9)
    effect = EFFECTS[name](x, y)
    assert effect.name == name
    assert effect.low <= effect.value <= effect.high


@pytest.mark.parametrize("statistic", OF_CLUSTERS)
def test_clusters_need_a_name_for_every_value(statistic: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="every value needs its cluster"):
        statistic([1.0, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="at least 2 clusters"):
        statistic([1.0, 2, 3], [1, 1, 1])


def test_the_catalogue_knows_what_each_test_takes() -> None:
    boundless = {name for name, facts in FACTS.items() if facts.boundless}
    paired = {name for name, facts in FACTS.items() if facts.paired}
    many = {name for name, facts in FACTS.items() if facts.groups == "many"}
    assert boundless == BOUNDLESS
    assert paired == PAIRED
    assert many == MANY


def test_the_catalogue_and_the_post_hoc_tests_name_the_same_tests() -> None:
    names: set[str] = set()
    for facts in FACTS.values():
        names.update(facts.post_hoc)
    assert names == post_hoc.POST_HOC.keys()


@pytest.mark.parametrize("kind", ["test", "effect", "interval", "correction", "rank"])
def test_every_statistic_says_in_a_sentence_what_it_is(kind: str) -> None:
    for component in catalogue(kind).values():
        assert component.sentence.endswith(".")


def statistics_files() -> list[Path]:
    package = stats.__file__
    assert package is not None
    return sorted(Path(package).parent.glob("*.py"))


def test_statistics_import_nothing_heavy() -> None:
    modules = [f"harness.stats.{path.stem}" for path in statistics_files()]
    modules.remove("harness.stats.__init__")
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in process.stdout.split()}
    assert "numpy" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("path", statistics_files(), ids=lambda path: path.stem)
def test_statistics_import_statistics_and_spec_alone(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        module = node.module or ""
        if module.startswith("harness"):
            assert module.startswith(("harness.stats", "harness.spec"))
