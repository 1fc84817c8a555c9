"""Broken data files of all formats: each is one sentence with the file, what was found and what
was expected, within seconds and within the memory of a laptop.
"""

import time
from pathlib import Path
from typing import Any

import pytest

from harness.data.examine import examine
from harness.data.open_dataset import open_anew
from harness.spec.parse import read_fit
from harness.spec.values import Part
from harness.store import Home
from tests.faults.broken_files import broken_files

FILES = broken_files()
LONGEST = 5.0  # seconds of work until an answer
LONGEST_SENTENCE = 400  # characters


def dataset_of(path: Path) -> Part:
    """The data set of one file, as a study names it."""
    name = "folder" if path.suffix == ".png" else "volume"
    problems: list[Any] = []
    fit = read_fit({"train_on": {"name": name, "images": str(path), "split": "all"}}, (), problems)
    assert fit is not None, problems
    return fit.train_on


def test_there_are_a_hundred() -> None:
    assert len(FILES) >= 100


@pytest.mark.parametrize("title", FILES)
def test_a_broken_file_is_one_sentence(tmp_path: Path, title: str) -> None:
    name, make = FILES[title]
    path = tmp_path / name
    make(path)
    dataset = dataset_of(path)
    began = time.process_time()
    with pytest.raises(ValueError, match=r"\S") as caught:
        examine(open_anew(dataset, Home(tmp_path)))
    assert time.process_time() - began < LONGEST
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert "\n" not in sentence
    assert 20 < len(sentence.replace(str(path), "")) < LONGEST_SENTENCE
