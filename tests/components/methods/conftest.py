"""The examples of methods, loaded as a laboratory's own components are."""

from collections.abc import Iterator

import pytest

from harness.spec.outside import VARIABLE, forget_components
from tests.components.methods.examples import LAB


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lets a study file name the methods of lab/."""
    monkeypatch.setenv(VARIABLE, str(LAB))
    forget_components()
    yield
    monkeypatch.undo()
    forget_components()
