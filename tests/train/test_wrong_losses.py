"""A loss that is not one number is refused, with the file and line of its component."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.store import Home
from harness.train import loop
from tests.made.fits import CPU
from tests.made.outside import folder_of_components, write_component
from tests.made.studies import run_study
from tests.made.study_files import loaded_study

LOSSES = '''"""Losses that are none, for a test."""

import os
import shutil
from pathlib import Path

from torch import Tensor

from harness.components.losses import loss


@loss
def nothing(logits: Tensor, masks: Tensor, ignore: int | None) -> Tensor:
    """Forgets to return."""


@loss
def per_image(logits: Tensor, masks: Tensor, ignore: int | None) -> Tensor:
    """Forgets the mean."""
    return logits.mean(dim=(1, 2, 3))


@loss
def deletes(logits: Tensor, masks: Tensor, ignore: int | None) -> Tensor:
    """Deletes what its fit is written to."""
    fits = Path(os.environ["HARNESS_HOME"], ".harness", "fits")
    for folder in fits.glob("*.partial"):
        shutil.rmtree(folder)
    return logits.mean()
'''

DELETING_LINE = 1 + LOSSES.splitlines().index("        shutil.rmtree(folder)")

STUDY = """
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 32}
    net: {arch: tiny_unet, width: 2}
    method: {name: supervised, epochs: 1, loss: %s}
    patch: 32
    batch: 2
    steps: 1
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of losses of a person's own."""
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "losses.py", LOSSES)
        yield folder


@pytest.mark.parametrize(
    ("name", "answer", "line"), [("nothing", "None", 13), ("per_image", "a tensor (2,)", 18)]
)
def test_a_loss_that_is_no_number_is_refused(
    home: Home, lab: Path, name: str, answer: str, line: int
) -> None:
    spec = loaded_study(home.folder, STUDY % name).cells[0].trial.fit
    with pytest.raises(ValueError, match="instead of one number") as caught:
        loop.fit(spec, [], home, CPU)
    sentence = f"loss {name} gives {answer} instead of one number ({lab}/losses.py:{line})"
    assert str(caught.value) == sentence


def test_a_component_that_deletes_its_folder_is_named(
    home: Home, lab: Path, tmp_path: Path
) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(f"name: study\nseeds: 1\n{STUDY % 'deletes'}", encoding="utf-8")
    fit, trial = run_study(file, home).outcomes
    folder = home.store("fits").partial(fit.job.key)
    text = "was deleted while it was filled, by a component or another program"
    assert fit.error == f"{folder} {text} ({lab}/losses.py:{DELETING_LINE})"
    assert trial.error.endswith(fit.error)
