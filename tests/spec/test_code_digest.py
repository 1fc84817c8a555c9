"""The code behind a component outside the package: its file and the neighbours that it imports."""

from pathlib import Path

import pytest

from harness.spec.catalogue import catalogue, load_component
from tests.made.outside import folder_of_components, write_component

WITH_NEIGHBOUR = """
from harness.components.inits import init
IMPORT


@init
def scaled(net) -> float:
    "Scales."
    return factor()
"""
FACTOR = "def factor():\n    return 2.0\n"
IMPORTS = ["from factors import factor", "from .factors import factor"]


def digest() -> str:
    return catalogue("init")["scaled"].digest


@pytest.mark.parametrize("line", IMPORTS)
def test_a_neighbour_that_is_imported_is_part_of_the_code(lab: Path, line: str) -> None:
    write_component(lab, "scaled.py", WITH_NEIGHBOUR.replace("IMPORT", line))
    write_component(lab, "factors.py", FACTOR)
    before = digest()
    assert load_component("init", "scaled")(None) == 2.0
    write_component(lab, "unrelated.py", "x = 1\n")
    assert digest() == before
    write_component(lab, "factors.py", FACTOR.replace("2.0", "3.0"))
    assert digest() != before
    assert load_component("init", "scaled")(None) == 3.0


def test_so_is_what_the_neighbour_imports(lab: Path) -> None:
    write_component(lab, "scaled.py", WITH_NEIGHBOUR.replace("IMPORT", IMPORTS[0]))
    write_component(lab, "factors.py", "from deep import factor\n")
    write_component(lab, "deep.py", FACTOR)
    before = digest()
    write_component(lab, "deep.py", FACTOR.replace("2.0", "3.0"))
    assert digest() != before


def test_a_folder_may_move(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = WITH_NEIGHBOUR.replace("IMPORT", IMPORTS[1])
    write_component(lab, "scaled.py", text)
    write_component(lab, "factors.py", FACTOR)
    before = digest()
    with folder_of_components(tmp_path / "moved", monkeypatch) as moved:
        write_component(moved, "scaled.py", text)
        write_component(moved, "factors.py", FACTOR)
        assert digest() == before


def test_a_neighbour_that_another_module_hides_is_refused(lab: Path) -> None:
    write_component(lab, "scaled.py", WITH_NEIGHBOUR.replace("IMPORT", "from numpy import factor"))
    write_component(lab, "numpy.py", FACTOR)
    with pytest.raises(ValueError, match=r"imports 'numpy', which is .* not the file beside it"):
        load_component("init", "scaled")
    write_component(lab, "scaled.py", WITH_NEIGHBOUR.replace("IMPORT", "from .numpy import factor"))
    assert load_component("init", "scaled")(None) == 2.0
