"""A folder of components outside the package, for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made.outside import folder_of_components


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        yield folder
