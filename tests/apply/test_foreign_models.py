"""What is opened, and what never is."""

import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from harness.apply.foreign_models import ForeignNet, foreign_model
from harness.apply.model import LeftOut, Unusable
from harness.apply.models import models_at, with_distinct_names
from harness.apply.normalise import Normalise
from harness.store import Home
from tests.made.own_models import Brighter, write_script, write_weights


class Trap:
    """A pickle that writes a file when it is opened."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("opened", "w")


@pytest.mark.parametrize("name", ["old.pth", "old.pkl", "old.pt"])
def test_a_pickle_is_never_opened(home: Home, name: str) -> None:
    (home.folder / name).write_bytes(pickle.dumps(Trap()))
    with pytest.raises(Unusable, match="it is a pickle"):
        foreign_model(home.folder / name, Normalise.unit)
    torch.save({"net": Trap()}, home.folder / name)
    with pytest.raises(Unusable, match=r"safetensors\.torch\.save_file"):
        foreign_model(home.folder / name, Normalise.unit)
    assert not (home.folder / "opened").exists()


def test_what_is_no_archive_says_how_it_begins(tmp_path: Path) -> None:
    write_script(tmp_path / "a.pt", Brighter(0.5))
    content = (tmp_path / "a.pt").read_bytes()
    (tmp_path / "a.pt").write_bytes(content[:200])
    with pytest.raises(Unusable, match="cut short"):
        foreign_model(tmp_path / "a.pt", Normalise.unit)


def test_the_weights_and_the_scaling_decide_the_digest(tmp_path: Path) -> None:
    first = write_script(tmp_path / "a.pt", Brighter(0.5))
    plain = foreign_model(first, Normalise.unit).digest
    assert foreign_model(first, Normalise.unit).digest == plain
    assert foreign_model(first, Normalise.minmax).digest != plain
    write_script(first, Brighter(0.6))
    assert foreign_model(first, Normalise.unit).digest != plain


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("net: {arch: tiny_unett}", "tiny_unet"),
        ("net: {arch: tiny_unet, width: 2, deep: 3}", "deep"),
        ("arch: tiny_unet", "needs a line such as net:"),
        ("net: {arch: tiny_unet}\nchanels: 1", "no setting 'chanels'"),
        ("net: {arch: tiny_unet}\nnormalise: strongly", "not one of unit, standardise"),
        ("net: [", "is no YAML"),
        ("net: {arch: tiny_unet}\nchannels: many", "no count of channels"),
    ],
)
def test_a_mistake_in_the_file_beside_weights_is_a_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = write_weights(tmp_path, "own", seed=0)
    path.with_suffix(".yaml").write_text(text)
    with pytest.raises(Unusable) as refusal:
        foreign_model(path, Normalise.unit)
    assert sentence in str(refusal.value)
    assert "own.yaml" in str(refusal.value)


class Several(nn.Module):
    """A network that gives a mapping of two answers."""

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        masks = 3 * images[:, 0]
        return {"masks": masks, "edges": images}


def test_the_first_of_several_answers_counts() -> None:
    images = torch.rand(2, 1, 8, 8) + 1
    assert torch.equal(ForeignNet(Several())(images), 3 * images)


def test_probabilities_of_several_classes_become_logits() -> None:
    net = ForeignNet(nn.Softmax(dim=1))
    logits = torch.randn(2, 3, 8, 8)
    answers = net(logits)
    assert torch.allclose(answers.softmax(1), logits.softmax(1), atol=1e-5)
    assert torch.equal(answers.argmax(1), logits.argmax(1))


def test_a_folder_is_read_without_what_is_no_model(home: Home) -> None:
    write_weights(home.folder, "b10", seed=0)
    write_weights(home.folder, "b9", seed=1)
    (home.folder / "notes.txt").write_text("mine")
    (home.folder / "net.onnx").write_bytes(b"onnx")
    with zipfile.ZipFile(home.folder / "images.zip", "w") as archive:
        archive.writestr("a.txt", "no model")
    models = models_at(home.folder, home, Normalise.unit)
    assert [model.name for model in models] == ["b9", "b10", "net.onnx"]
    assert isinstance(models[2], LeftOut)
    assert "export net.onnx as TorchScript" in models[2].reason


def test_two_models_of_one_name_are_told_apart(tmp_path: Path, home: Home) -> None:
    (tmp_path / "again").mkdir()
    write_weights(tmp_path, "a", seed=0)
    write_weights(tmp_path / "again", "a", seed=1)
    models = models_at(tmp_path / "a.safetensors", home, Normalise.unit)
    models += models_at(tmp_path / "again", home, Normalise.unit)
    assert [model.name for model in with_distinct_names(models)] == ["a", "a (2)"]
