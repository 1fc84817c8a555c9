"""Every method ends with the same bits wherever it was killed: the package's, and the examples."""

from pathlib import Path

import pytest

from harness.spec.catalogue import catalogue, refused_components
from harness.spec.outside import VARIABLE, forget_components
from harness.spec.values import LAST
from harness.store import Home
from tests.components.methods.examples import EXAMPLES, fit_by, picks_of
from tests.made.boundaries import ALL_WRITERS, outcome_of, outcomes_of_kills, what_kills_leave

FAULTY = Path(__file__).parent / "faulty"


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("name", [*catalogue("method"), *EXAMPLES])
def test_a_method_that_is_killed_anywhere_ends_with_the_same_bits(
    home: Home, tmp_path: Path, name: str
) -> None:
    assert not refused_components("method")
    spec = fit_by(name)
    picks = picks_of(name)
    copies = what_kills_leave(spec, picks, home, tmp_path / "copies")
    expected = outcome_of(spec, home)
    assert len(expected.tensors) == len(picks)
    assert len(copies) >= len(expected.history)
    for story, outcome in outcomes_of_kills(spec, picks, copies, tmp_path / "kills"):
        assert outcome.differences(expected) == [], story


def test_weights_that_ask_the_network_at_its_start_are_the_same_after_a_kill(
    home: Home, tmp_path: Path
) -> None:
    spec = fit_by("supervised", method={"weight": "risk_map"})
    copies = what_kills_leave(spec, [LAST], home, tmp_path / "copies")
    expected = outcome_of(spec, home)
    for story, outcome in outcomes_of_kills(spec, [LAST], copies, tmp_path / "kills"):
        assert outcome.differences(expected) == [], story


@pytest.mark.usefixtures("lab")
def test_a_fit_that_is_killed_while_it_ends_is_taken_up_again(home: Home, tmp_path: Path) -> None:
    spec = fit_by("two_decoders", epochs=[1, 1])
    picks = picks_of("two_decoders")
    copies = what_kills_leave(spec, picks, home, tmp_path / "copies", ALL_WRITERS)
    expected = outcome_of(spec, home)
    files: set[str] = set()
    for copy in copies:
        files.update(path.name for path in copy.iterdir())
    assert {"phase-0.safetensors", "phase-1.safetensors", "fit.json"} <= files
    for story, outcome in outcomes_of_kills(spec, picks, copies, tmp_path / "kills"):
        assert outcome.differences(expected) == [], story


def test_a_method_that_keeps_a_number_in_a_closure_is_found_out(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(FAULTY))
    forget_components()
    spec = fit_by("forgetful")
    copies = what_kills_leave(spec, [LAST], home, tmp_path / "copies")
    expected = outcome_of(spec, home)
    stories = []
    for story, outcome in outcomes_of_kills(spec, [LAST], copies, tmp_path / "kills"):
        if outcome.differences(expected):
            stories.append(story)
    monkeypatch.undo()
    forget_components()
    assert "killed again and again" in stories
