"""Probes whose rows have dimensions, known by name as if they stood among the components."""

import pytest

from harness.spec.catalogue import Component, catalogue
from harness.spec.facts import Facts


@pytest.fixture
def shifted_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = Facts(metrics=("hellinger", "loss2"), dimensions=("layer", "map", "depth"))
    probe = Component("probe", "shifted", "tests", "S.", {}, facts)
    monkeypatch.setitem(catalogue("probe"), "shifted", probe)


@pytest.fixture
def attributed_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = ("swd", "fwd")
    facts = Facts(metrics=metrics, dimensions=("map", "distance"), lower=metrics)
    probe = Component("probe", "attributed", "tests", "Asymmetry.", {}, facts)
    monkeypatch.setitem(catalogue("probe"), "attributed", probe)
