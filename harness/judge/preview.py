"""What each declared comparison can show before it is run: n, the smallest p, power, or `not
testable`.
"""

from dataclasses import dataclass, replace

from harness.judge.choose_test import (
    corrected_p,
    declared_options,
    is_paired,
    post_hoc_of,
    smallest,
)
from harness.judge.correlated_networks import (
    counted_in_correlation,
    smallest_p_of_correlation,
)
from harness.judge.looks import has_looks
from harness.judge.planned import Planned, planned_contrasts
from harness.judge.prospects import NOTHING_EXPECTED, Prospect, Spreads, prospect
from harness.judge.repetitions import overlooks_shared_images
from harness.study.comparison import Comparison
from harness.study.load import Study

LARGEST = 60  # blocks looked at when asking how many would do


@dataclass(frozen=True)
class Preview:
    """One planned contrast and what its design can show; n is empty where it is known only after
    measuring.
    """

    comparison: str
    declared: Comparison  # by the unit that is tested
    contrast: str
    test: str
    why: str
    n: tuple[int, ...]
    family: int
    alpha: float
    smallest: float | None
    verdict: str  # testable | not testable | not known before it is measured
    note: str = ""
    prospect: Prospect = NOTHING_EXPECTED

    @property
    def unit(self) -> str:
        """What n counts."""
        return self.declared.unit

    @property
    def is_paired(self) -> bool:
        """Whether its test takes pairs."""
        return self.declared.correlate is None and is_paired(self.test)

    @property
    def power(self) -> float | None:
        """The chance that it shows what is expected; None where nothing is expected."""
        return self.prospect.power


def previews(study: Study, spreads: Spreads | None = None) -> list[Preview]:
    """What every declared contrast of a study can show, given the spreads that are recorded."""
    planned: list[Planned] = []
    for comparison in study.compare:
        planned += planned_contrasts(study, comparison)
    families: dict[str, list[int]] = {}
    for number, contrast in enumerate(planned):
        families.setdefault(contrast.comparison.together, []).append(number)
    least = [_smallest_p(contrast) for contrast in planned]
    for family in families.values():
        # Nemenyi's p holds for all pairs already
        corrected = [number for number in family if not _is_nemenyi(planned[number])]
        first = planned[family[0]].comparison
        values = _best_correction(first, [least[number] for number in corrected])
        for number, value in zip(corrected, values, strict=True):
            least[number] = value
    previewed = []
    for contrast, value in zip(planned, least, strict=True):
        family = families[contrast.comparison.together]
        spread = (spreads or {}).get((contrast.comparison.name, contrast.contrast))
        previewed.append(_preview(contrast, len(family), value, spread))
    return previewed


def _is_nemenyi(planned: Planned) -> bool:
    return post_hoc_of(planned.comparison, planned.test) == "nemenyi"


def _best_correction(comparison: Comparison, smallest: list[float]) -> list[float]:
    """The best that a family can come to: every p as small as it can be, then corrected (Shaffer's
    as Holm's).
    """
    if comparison.correct == "shaffer":
        comparison = replace(comparison, correct="holm")
    return corrected_p(comparison, smallest)


def _preview(planned: Planned, family: int, least: float, spread: float | None) -> Preview:
    """What a planned contrast can show, given the smallest p that it can have after correction."""
    comparison = planned.comparison
    n = planned.n
    verdict = "testable"
    note = ""
    expected = NOTHING_EXPECTED
    if not planned.is_known:
        verdict = "not known before it is measured"
    elif least > comparison.alpha:
        verdict = "not testable"
        note = _remedy(planned, family)
    else:
        expected = prospect(planned, family, spread)
    if overlooks_shared_images(comparison):
        note = f"{planned.test} takes folds for independent, but they share training images"
    note = "; ".join(filter(None, [note, planned.note]))
    preview = Preview(
        comparison.name,
        comparison,
        planned.contrast,
        planned.test,
        planned.why,
        n=n,
        family=family,
        alpha=comparison.alpha,
        smallest=least,
        verdict=verdict,
        note=note,
        prospect=expected,
    )
    return preview if planned.is_known else replace(preview, n=(), smallest=None)


def _smallest_p(planned: Planned) -> float:
    """The smallest p of a planned contrast before correction; 0 where it is not known."""
    if not planned.is_known:
        return 0.0
    n = planned.n
    if planned.comparison.correlate:
        smallest_of_n = smallest_p_of_correlation(planned.comparison, "", n[0])
        return max(planned.least, smallest_of_n)
    if min(n) < 2:
        return 1.0
    if has_looks(planned.test) and n[0] < declared_options(planned.comparison.test)["most"]:
        return 1.0
    return smallest(planned.comparison, planned.test, n)


def _remedy(planned: Planned, family: int) -> str:
    """How many repetitions would do, if all of the family had them."""
    comparison = planned.comparison
    n = planned.n
    if planned.least > comparison.alpha:
        return ""  # no number of points would do
    units = f"{comparison.unit}s"
    if comparison.correlate:
        units = f"{counted_in_correlation(comparison, planned.why)}s"
    # the smallest p values of a family are equal here: one correction tells how far each must fall
    factor = _best_correction(comparison, [1e-9] * family)[0] / 1e-9
    for count in range(max(2, min(n) + 1), LARGEST):
        larger = replace(planned, n=(count,) * len(n))
        if factor * _smallest_p(larger) <= comparison.alpha:
            return f"{count} {units} would do"
    return ""
