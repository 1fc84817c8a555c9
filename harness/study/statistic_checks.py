"""Whether the statistics that a comparison names exist, and fit its question."""

from collections.abc import Collection

from harness.spec.catalogue import catalogue
from harness.spec.facts import Facts
from harness.spec.options import did_you_mean
from harness.study.comparison import Comparison
from harness.study.marks import KEY
from harness.study.problems import Findings


def statistic_problems(comparison: Comparison) -> Findings:
    """Names that harness.stats lacks, and statistics that do not fit the question."""
    unknown = list(_unknown_names(comparison))
    if unknown:
        yield from unknown
        return
    facts = _facts_of_test(comparison)
    if comparison.interval_name == "hierarchical" and comparison.unit != "image":
        text = "hierarchical draws images within networks, so it needs `unit: image`"
        yield ("interval",), text
    yield from test_fits_question(comparison, facts)
    yield from _post_hoc_fits_test(comparison, facts)
    yield from _margin_fits_test(comparison)
    yield from _pairs_fit_test(comparison, facts)
    yield from _effect_fits_pairs(comparison, facts)


def _unknown_names(comparison: Comparison) -> Findings:
    """Finds statistics that do not exist; of a correlation, `test` names a rank correlation."""
    kind_of_test = "rank" if comparison.correlate else "test"
    names = (
        ("test", kind_of_test, comparison.test_name),
        ("effect", "effect", comparison.effect_name),
        ("interval", "interval", comparison.interval_name),
        ("correct", "correction", comparison.correct),
    )
    for key, kind, name in names:
        components = catalogue(kind)
        if name is not None and name not in components:
            hint = did_you_mean(name, components)
            yield (key,), f"no {kind} named {name!r}; {hint}"


def _facts_of_test(comparison: Comparison) -> Facts | None:
    """The facts of the test that a comparison names; None where it names none."""
    if comparison.test_name is None or comparison.correlate:
        return None
    return catalogue("test")[comparison.test_name].facts


def test_fits_question(comparison: Comparison, facts: Facts | None) -> Findings:
    """Finds a test that answers another question than the comparison asks."""
    test = comparison.test_name
    if test and comparison.kind == "model":
        yield ("test", KEY), "a model is judged by its own F tests"
        return
    if facts is None:
        return
    if comparison.kind == "trend" and not facts.ordered:
        tests = "page (paired), jonckheere or trend_folds"
        text = f"{test} knows no order of levels; a trend takes {tests}"
        yield ("test",), text
    elif comparison.kind == "groups" and facts.ordered:
        yield ("test",), f"{test} looks for a trend; take `trend` for `by`"
    elif comparison.kind == "groups" and facts.groups == 1:
        yield ("test",), f"{test} takes one sample, not groups"


def _post_hoc_fits_test(comparison: Comparison, facts: Facts | None) -> Findings:
    """Finds a `post_hoc` that does not follow the test."""
    offered = facts.post_hoc if facts else ()
    if comparison.post_hoc is None or comparison.post_hoc in offered:
        return
    hint = "it follows kruskal or friedman"
    if offered:
        hint = f"after {comparison.test_name} there is {', '.join(offered)}"
    yield ("post_hoc",), f"no {comparison.post_hoc!r} here; {hint}"


def _margin_fits_test(comparison: Comparison) -> Findings:
    """Finds a `margin` or `expect` that the test cannot use, and a `margin` that it lacks."""
    test = comparison.test_name
    kind = comparison.kind
    is_equivalence = test is not None and test.startswith("equivalence")
    if is_equivalence and comparison.margin is None:
        text = f"{test} needs `margin`: how large a difference still counts as none?"
        yield ("test",), text
    takes_margin = kind == "groups" and (not test or "margin" in _options_of_test(comparison))
    if comparison.margin is not None and not takes_margin:
        yield ("margin", KEY), "belongs to a test of equivalence of groups"
    takes_expect = comparison.margin is None and kind in ("groups", "trend")
    if isinstance(comparison.expect, dict):
        takes_expect = kind in ("groups", "trend")
    if comparison.expect is not None and not takes_expect:
        text = "power is known for tests of a difference or a trend only"
        if comparison.margin is not None:
            text += "; with a margin say {spread: ...}, that of the differences"
        yield ("expect", KEY), text
    lacks_difference = isinstance(comparison.expect, dict) and "difference" not in comparison.expect
    if lacks_difference and comparison.margin is None:
        yield ("expect",), "needs `difference`, in the metric's unit"


def _options_of_test(comparison: Comparison) -> Collection[str]:
    """The options of the test that a comparison names; none where it names none."""
    if _facts_of_test(comparison) is None:
        return ()
    return catalogue("test")[str(comparison.test_name)].options


def _pairs_fit_test(comparison: Comparison, facts: Facts | None) -> Findings:
    """Finds a test of pairs where `paired` denies them, or of no pairs where it claims them."""
    paired = comparison.paired
    if facts is None or paired is None or paired == facts.paired:
        return
    tests = catalogue("test").items()
    alternatives = [name for name, test in tests if test.facts.paired == paired]
    samples = "paired samples" if facts.paired else "independent samples"
    text = f"{comparison.test_name} takes {samples}; there is "
    yield ("paired",), text + ", ".join(alternatives)


def _effect_fits_pairs(comparison: Comparison, facts: Facts | None) -> Findings:
    """Finds an effect of pairs where no pairs are compared."""
    effects = catalogue("effect")
    if comparison.effect_name is None or not effects[comparison.effect_name].facts.paired:
        return
    has_independent_test = facts is not None and not facts.paired
    if comparison.paired is False or has_independent_test:
        alternatives = [name for name, effect in effects.items() if not effect.facts.paired]
        text = f"{comparison.effect_name} needs pairs, which are not compared here; there is "
        yield ("effect",), text + ", ".join(alternatives)
