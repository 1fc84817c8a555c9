"""Folders of components outside the package, and the components that the pages of docs/components
show.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.spec.outside import VARIABLE, forget_components

PAGES = Path(__file__).parents[2] / "docs" / "components"
EXAMPLE = re.compile(r"`lab/(\w+\.py)`, whole:\n\n```python\n(.*?)```", re.DOTALL)

HALVED = '''"""Starts of our own."""

from harness.components.inits import init
from harness.spec.options import Fraction


@init
def halved(net, *, share: Fraction = 0.5) -> None:
    """Half of the weights."""
    return share
'''


@contextmanager
def folder_of_components(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A new folder that HARNESS_COMPONENTS names while the context is open."""
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setenv(VARIABLE, str(folder))
        forget_components()
        yield folder
    forget_components()


def write_component(folder: Path, name: str, text: str) -> Path:
    """Writes a file of components, as a person would, and lets harness look again."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    forget_components()
    return file


def write_example(folder: Path, page: str, file: str) -> Path:
    """Writes a component as a page of the docs shows it, word for word."""
    text = (PAGES / page).read_text(encoding="utf-8")
    examples = dict(EXAMPLE.findall(text))
    return write_component(folder, file, examples[file])
