"""Six mistakes in a first study: each is answered in one sentence, with its place and a remedy."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from harness.cli.main import app
from harness.store import Home
from tests.made.cells_pictures import write_cells

FIRST_STUDY = """
name: first
question: Does Dice in the loss help on my cells?
seeds: 6
base:
  fit:
    train_on:
      name: folder
      images: "images/*.png"
      masks: "masks/*.png"
      splits: {train: 0.6, validation: 0.2, test: 0.2}
    net: {arch: tiny_unet}
    method: {name: supervised, epochs: 2, lr: 1e-3}
    patch: 32
    batch: 4
    steps: 2
  pick: source_validation
grid:
  fit.method.loss: [bce_dice, ce]
compare:
  - {name: loss, primary: true, metric: dice, by: fit.method.loss, against: ce, unit: seed}
"""

# What was meant, what was typed, what the one sentence must say: its place, and how to go on.
MISTAKES = {
    "wrong mask folder": ('"masks/*.png"', '"mask/*.png"', ["first.yaml:8:", "mask/*.png"]),
    "a typo in a setting": ("epochs: 2", "epoch: 2", ["first.yaml:13:", "epoch", "epochs"]),
    "a level that is not there": (
        "against: ce",
        "against: mse",
        ["first.yaml:21:", "'mse'", "bce_dice, ce"],
    ),
    "too few seeds": ("seeds: 6", "seeds: 3", ["first.yaml", "loss", "6 seeds"]),
    "an unknown component": ("arch: tiny_unet", "arch: unett", ["first.yaml:12:", "'unet'"]),
}
WORDS_OF_PROGRAMS = ("Traceback", "Error:", "NoneType", "<class", "KeyError", "object at", "self.")
LONGEST = 330  # letters of a sentence that is still read


@pytest.fixture
def folder(home: Home) -> Path:
    """A folder with pictures, masks and a first study; its test works there."""
    write_cells(home.folder, 10)
    (home.folder / "first.yaml").write_text(FIRST_STUDY)
    return home.folder


def answer_to_run(folder: Path) -> str:
    """What `harness run` says of a first study that is wrong; it must end by exit code 2."""
    result = CliRunner().invoke(app, ["run", "first.yaml"])
    assert result.exit_code == 2, result.output
    assert not (folder / "mlflow.db").exists(), "something was recorded"
    return result.output.strip()


def check_sentence(text: str) -> None:
    """Holds an answer to what a person without the source can act on."""
    assert text.count("\n") == 0, f"not one sentence: {text}"
    assert len(text) <= LONGEST, f"{len(text)} letters: {text}"
    for word in WORDS_OF_PROGRAMS:
        assert word not in text, text


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_in_a_sentence(mistake: str, folder: Path) -> None:
    meant, typed, expected = MISTAKES[mistake]
    assert meant in FIRST_STUDY
    (folder / "first.yaml").write_text(FIRST_STUDY.replace(meant, typed))
    text = answer_to_run(folder)
    check_sentence(text)
    for words in expected:
        assert words in text


def test_masks_of_another_size_are_answered_in_a_sentence(folder: Path) -> None:
    blank = np.zeros((48, 64), dtype=np.uint8)
    Image.fromarray(blank).save(folder / "masks" / "cell03.png")
    text = answer_to_run(folder)
    check_sentence(text)
    for words in ("first.yaml", "cell03.png", "64 x 64", "48 x 64"):
        assert words in text
