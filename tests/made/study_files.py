"""A study written to a file: what it says when it is loaded, or what is wrong with it."""

from pathlib import Path

import pytest

from harness.study.load import Study, load_study
from harness.study.marks import Mistakes

BASE = """
base:
  fit:
    train_on: {name: phantom, style: lucchi}
    net: {arch: tiny_unet}
"""


def loaded_study(folder: Path, text: str) -> Study:
    """The study of a text."""
    file = folder / "s.yaml"
    file.write_text(text)
    return load_study(file)


def problems_of(folder: Path, text: str | bytes) -> list[str]:
    """Every problem of a text that is no study, with its place."""
    file = folder / "s.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(Mistakes) as caught:
        load_study(file)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def problem_text(folder: Path, text: str | bytes) -> str:
    """Every problem of a text that is no study, a line each."""
    return "\n".join(problems_of(folder, text))
