"""Every method ends with the same bits wherever it was killed: the package's, and the examples."""

from pathlib import Path
from typing import Any

import pytest

from harness.spec.catalogue import catalogue, refused_components
from harness.spec.outside import VARIABLE, forget_components
from harness.spec.values import LAST, Fit
from harness.store import Home
from tests.made.boundaries import Outcome, outcome_of, outcomes_of_kills, train_once
from tests.made.fits import VALIDATED, small_fit

LAB = Path(__file__).parent / "lab"
EXAMPLES = sorted(file.stem for file in LAB.glob("*.py"))
TARGET = {"name": "phantom", "style": "vnc", "slices": 4, "size": 48}
# what a method needs besides the small fit; its own options are under `method`
SETTINGS: dict[str, dict[str, Any]] = {
    "colours": {
        "train_on": "photos",
        "net": {"arch": "encoder_only", "encoder": "resnet18"},
        "augment": ["flips"],
    },
}


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(VARIABLE, str(LAB))
    forget_components()
    yield LAB
    monkeypatch.undo()
    forget_components()


def fit_with(name: str) -> Fit:
    """Returns a small fit by a method, two epochs for each of its phases."""
    component = catalogue("method")[name]
    method: dict[str, Any] = {"name": name}
    epochs = component.options["epochs"].default
    method["epochs"] = [2] * len(epochs) if isinstance(epochs, list | tuple) else 2
    settings = dict(SETTINGS.get(name, {}))
    method.update(settings.pop("method", {}))
    if "adapt_to" in component.facts.needs:
        settings["adapt_to"] = TARGET
    return small_fit(method=method, **settings)


@pytest.mark.parametrize("name", [*catalogue("method"), *EXAMPLES])
def test_a_method_that_is_killed_anywhere_ends_with_the_same_bits(
    home: Home, tmp_path: Path, name: str
) -> None:
    assert not refused_components("method")
    spec = fit_with(name)
    picks = [LAST] if name in SETTINGS else [LAST, VALIDATED]
    total = train_once(spec, picks, home)
    expected = outcome_of(spec, home)
    assert len(expected.tensors) == len(picks)
    for story, outcome in outcomes_of_kills(spec, picks, tmp_path / "kills", total):
        assert outcome.differences(expected) == [], story
        assert isinstance(outcome, Outcome)
