"""Estimators: metrics of probes that say which of several networks does best on images, without
looking how well they do.

A probe declares them by its facts: `estimates` names the metrics, and `needs` what they look at
beside a network and unlabelled images. Reports, comparisons and rankings all ask here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.spec.catalogue import Component, catalogue

# what an estimator may need -> how a table says it
NEEDS = {
    "labels": "labels of the target",
    "source": "labelled source data",
    "seeds": "several seeds of one training",
}
NOTHING = "nothing but unlabelled images"


@dataclass(frozen=True)
class Estimator:
    """A metric of a probe by which networks are ranked, the highest first."""

    probe: str
    metric: str  # of the whole test set
    image_metric: str  # what it averages over images; "" where it is no average
    needs: tuple[str, ...]

    @property
    def needs_text(self) -> str:
        """What it looks at beside a network and unlabelled images, as tables say it."""
        return needs_text(self.needs)


def estimators() -> dict[str, Estimator]:
    """Every estimator of the catalogue by its metric."""
    by_metric: dict[str, Estimator] = {}
    for probe in catalogue("probe").values():
        for estimator in estimators_of(probe):
            by_metric[estimator.metric] = estimator
    return by_metric


def estimators_of(probe: Component) -> Iterator[Estimator]:
    """The estimators of one probe, in the order that it declares."""
    needs = tuple(need for need in probe.facts.needs if need in NEEDS)
    for metric, image_metric in probe.facts.estimates.items():
        yield Estimator(probe.name, metric, image_metric, needs)


def needs_text(needs: Sequence[str]) -> str:
    """What an estimator needs, as tables say it."""
    return " and ".join(NEEDS[need] for need in needs) or NOTHING
