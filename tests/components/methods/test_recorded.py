"""On a GPU, fits by every method end with the same bits whether their steps are recorded or not."""

from pathlib import Path

import pytest

from harness.spec.catalogue import catalogue
from harness.store import Home
from harness.train import loop
from tests.components.methods.examples import EXAMPLES, fit_by, picks_of
from tests.made.boundaries import outcome_of
from tests.made.gpu import CUDA, NEEDS_GPU

pytestmark = NEEDS_GPU


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("name", [*catalogue("method"), *EXAMPLES])
def test_recorded_steps_end_as_the_steps_themselves(home: Home, tmp_path: Path, name: str) -> None:
    spec = fit_by(name, steps=6)
    homes = [Home(tmp_path / "plain"), Home(tmp_path / "recorded")]
    outcomes = []
    for own_home, records in zip(homes, (False, True), strict=True):
        loop.fit(spec, picks_of(name), own_home, CUDA, records_steps=records)
        outcomes.append(outcome_of(spec, own_home))
    assert outcomes[1].differences(outcomes[0]) == []
