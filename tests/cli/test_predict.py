"""`harness predict`: a mask for each image, whatever happens meanwhile, and nothing destroyed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from harness.apply import predict as predictions
from harness.apply.masks import MaskFile
from harness.store import Home
from tests.cli.test_cli import call
from tests.made.own_models import (
    Brighter,
    images_of,
    write_images,
    write_script,
    write_weights,
)


def predict(*words: str) -> tuple[int, str, str]:
    return call("predict", "bright.pt", "--device", "cpu", "--out", "masks", *words)


@pytest.fixture
def bright(home: Home) -> Path:
    """The home, with a network for what is brighter than one half, and three images."""
    write_script(home.folder / "bright.pt", Brighter(0.5))
    write_images(home.folder / "stack", 3)
    return home.folder


def test_masks_have_the_names_and_the_pixels_of_the_images(bright: Path) -> None:
    code, out, err = predict("--images", "stack/*.tif", "--probabilities")
    assert (code, out, err) == (0, "3 masks written into masks\n", "")
    for path in sorted((bright / "stack").iterdir()):
        image = tifffile.imread(path)
        mask = tifffile.imread(bright / "masks" / path.name)
        assert mask.dtype == np.uint8
        assert np.array_equal(mask, (image > 127.5).astype(np.uint8))
        probability = tifffile.imread(bright / "masks" / "probabilities" / path.name)
        expected = 1 / (1 + np.exp(-20.0 * (image / 255 - 0.5)))
        assert np.allclose(probability, expected, atol=1e-5)


def test_pictures_get_pngs(bright: Path) -> None:
    image = images_of(1)[0]
    Image.fromarray(image).save(bright / "a.png")
    Image.fromarray(image).save(bright / "b.jpg")
    assert predict("--images", "a.png", "--images", "b.jpg")[0] == 0
    assert np.array_equal(np.asarray(Image.open(bright / "masks" / "a.png")), image > 127.5)
    assert sorted(path.name for path in (bright / "masks").glob("*.*")) == [
        ".harness-predict.json",
        "a.png",
        "b.png",
    ]


def test_masks_are_not_replaced_unless_that_is_said(bright: Path) -> None:
    predict("--images", "stack/*.tif")
    again = predict("--images", "stack/*.tif")
    assert again[0] == 0
    assert "3 were there already, by the same settings" in again[1]
    code, _, err = predict("--images", "stack/*.tif", "--threshold", "0.9")
    assert code == 2
    assert "it holds 00.tif, 01.tif, 02.tif already" in err
    assert "--force to replace" in err
    before = tifffile.imread(bright / "masks" / "00.tif")
    assert predict("--images", "stack/*.tif", "--threshold", "0.9", "--force")[0] == 0
    after = tifffile.imread(bright / "masks" / "00.tif")
    assert after.sum() < before.sum()


def test_an_image_is_never_replaced_by_its_mask(bright: Path) -> None:
    code, _, err = call(
        "predict", "bright.pt", "--images", "stack/*.tif", "--out", "stack", "--force"
    )
    assert code == 2
    assert "would replace the image" in err


def test_a_volume_goes_on_at_the_plane_where_it_was_stopped(
    bright: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = images_of(5)
    tifffile.imwrite(bright / "volume.tif", volume)
    predicted: list[int] = []
    original = predictions._Maker._predict_plane

    def stop_at_third(maker: object, plane: object, targets: object) -> None:
        predicted.append(plane.index)  # type: ignore[attr-defined]
        if len(predicted) == 3:
            raise KeyboardInterrupt
        original(maker, plane, targets)  # type: ignore[arg-type]

    monkeypatch.setattr(predictions._Maker, "_predict_plane", stop_at_third)
    assert predict("--images", "volume.tif")[0] != 0
    assert not (bright / "masks" / "volume.tif").exists()
    assert predict("--images", "volume.tif")[0] == 0
    assert predicted == [0, 1, 2, 2, 3, 4]
    mask = tifffile.imread(bright / "masks" / "volume.tif")
    assert np.array_equal(mask, (volume > 127.5).astype(np.uint8))
    assert [path.name for path in (bright / "masks").glob(".*npy")] == []


def test_planes_of_another_recipe_are_not_gone_on_with(tmp_path: Path) -> None:
    first = MaskFile(tmp_path / "a.tif", (3, 4, 4), np.uint8, "first")
    first.note(first.open_planes(), 2)
    assert first.count_finished() == 2
    second = MaskFile(tmp_path / "a.tif", (3, 4, 4), np.uint8, "second")
    assert second.count_finished() == 0


def test_a_broken_image_does_not_end_the_others(bright: Path) -> None:
    image = images_of(1)[0]
    Image.fromarray(image).save(bright / "stack" / "05.png")
    picture = bright / "stack" / "05.png"
    content = bytearray(picture.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    picture.write_bytes(bytes(content))
    code, out, err = predict("--images", "stack")
    assert code == 1
    assert "3 masks written" in out
    assert "not predicted: stack/05.png: its pixels cannot be decoded" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--images", "none/*.tif"], "none/*.tif: there is no such file"),
        (["--images", "empty"], "empty: this folder holds no picture, but nothing"),
        (["--images", "stack/*.tif", "--tile", "100"], "--tile 100: say a multiple of 32"),
        (["--images", "stack/*.tif", "--window", "wide"], "--window wide: say type, image"),
        (["--images", "rgb.png"], "say --grey to make the images grey"),
        (["--images", "rgb.png", "--images", "stack"], "say --grey to make all of them grey"),
        (["--images", "deep.tif", "--images", "stack"], "bring all to 8 bits"),
    ],
)
def test_what_cannot_be_predicted_is_a_sentence(
    bright: Path, words: list[str], sentence: str
) -> None:
    (bright / "empty").mkdir()
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(bright / "rgb.png")
    tifffile.imwrite(bright / "deep.tif", np.zeros((40, 40), np.uint16))
    code, _, err = predict(*words)
    assert code == 2
    assert sentence in err
    assert not (bright / "masks").exists() or not list((bright / "masks").glob("*.*"))


def test_a_folder_that_cannot_be_made_is_a_sentence(bright: Path) -> None:
    (bright / "file").write_text("in the way")
    code, _, err = call(
        "predict", "bright.pt", "--images", "stack/*.tif", "--out", str(bright / "file" / "masks")
    )
    assert code == 2
    assert "the folder cannot be made" in err


def test_weights_with_their_network_beside_them_predict(bright: Path) -> None:
    write_weights(bright, "own", seed=1)
    words = ["predict", "own.safetensors", "--images", "stack/*.tif", "--out", "masks"]
    assert call(*words)[0] == 0
    (bright / "own.yaml").write_text("net: {arch: tiny_unet, width: 3}\n")
    code, _, err = call(*words, "--force")
    assert code == 2
    assert "the weights are of another network than its YAML file says" in err
    (bright / "own.yaml").unlink()
    assert "write own.yaml beside it" in call(*words)[2]


def test_probabilities_of_a_foreign_network_are_turned_into_logits(bright: Path) -> None:
    net = torch.nn.Sequential(Brighter(0.5), torch.nn.Sigmoid())
    write_script(bright / "bright.pt", net)
    assert predict("--images", "stack/*.tif")[0] == 0
    image = tifffile.imread(bright / "stack" / "00.tif")
    mask = tifffile.imread(bright / "masks" / "00.tif")
    assert np.array_equal(mask, (image > 127.5).astype(np.uint8))


def test_a_volume_is_predicted_in_far_less_memory_than_it_takes(bright: Path) -> None:
    """A process of its own, limited to a fraction of the volume beyond what it starts with."""
    path = bright / "large.tif"
    planes, size = 150, 1024
    volume = tifffile.memmap(path, shape=(planes, size, size), dtype=np.uint8)
    volume[:] = 90
    volume.flush()
    del volume
    code = """
import resource, sys
import torch
from harness.cli import main, predict, own  # noqa
import harness.apply.predict  # what is loaded counts before
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
sys.argv = ["harness", "predict", "bright.pt", "--images", "large.tif", "--out", "large"]
try:
    main.main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start, file=sys.stderr)
"""
    outcome = subprocess.run(
        [sys.executable, "-c", code], cwd=bright, check=False, capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stderr
    assert tifffile.imread(bright / "large" / "large.tif", key=planes - 1).shape == (size, size)
    kilobytes = int(outcome.stderr.splitlines()[-1])
    assert kilobytes < planes * size * size / 1024
