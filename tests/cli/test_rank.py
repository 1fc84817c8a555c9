"""`harness rank`: the models that can be used, ranked; the others with a sentence each."""

import csv
from pathlib import Path

import pytest
import tifffile
import torch
import yaml

from harness.apply import interview
from harness.components.nets.tiny_unet import tiny_unet
from harness.store import Home
from tests.cli.test_cli import call, call_json
from tests.made.own_models import (
    Brighter,
    images_of,
    write_images,
    write_script,
    write_weights,
)
from tests.made.studies import TINY, run_study


def rank(*words: str) -> tuple[int, str, str]:
    return call("rank", "--device", "cpu", "--to", "out", *words)


@pytest.fixture
def folder(home: Home) -> Path:
    """The home, with two models, three that cannot be used, and four images."""
    models = home.folder / "models"
    models.mkdir()
    write_weights(models, "first", seed=1)
    write_weights(models, "second", seed=2)
    torch.save(tiny_unet(1, 1, width=2).state_dict(), models / "pickled.pt")
    write_script(models / "colours.pt", tiny_unet(3, 1, width=2), channels=3)
    sound = (models / "first.safetensors").read_bytes()
    (models / "broken.safetensors").write_bytes(sound[:500])
    (models / "broken.yaml").write_text((models / "first.yaml").read_text())
    write_images(home.folder / "stack", 4)
    return home.folder


def lines_of(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_usable_models_are_ranked_and_the_others_have_a_sentence_each(folder: Path) -> None:
    code, out, err = rank("--models", "models", "--images", "stack/*.tif")
    assert code == 0
    assert out.startswith("Use ")
    assert "these 4 images" in out.splitlines()[0]
    assert "not used: broken: models/broken.safetensors cannot be opened" in err
    assert "not used: pickled.pt: it is a pickle, which can run any code" in err
    assert "torch.jit.script(net).save('pickled.pt')" in err
    assert "not used: colours: it takes images of 3 channels, these have 1 channel" in err
    lines = lines_of(folder / "out" / "ranking.csv")
    assert {line["model"] for line in lines} == {"first", "second"}
    page = (folder / "out" / "ranking.html").read_text()
    answer = out.splitlines()[0].removesuffix(".")
    assert f'<h1 class="answer">{answer}</h1>' in page
    assert "it is a pickle" in page
    for name in ("predictions.png", "predictions-first.png", "predictions-second.png"):
        assert (folder / "out" / name).stat().st_size > 1000
    assert len(lines_of(folder / "out" / "left_out.csv")) == 3


def test_what_is_scored_is_not_scored_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["--models", "models", "--images", "stack/*.tif"]
    original = interview.estimate
    calls: list[str] = []

    def stop_at_sixth(part: object, net: object, images: object) -> object:
        calls.append(str(part))
        if len(calls) == 6:
            raise KeyboardInterrupt
        return original(part, net, images)  # type: ignore[arg-type]

    monkeypatch.setattr(interview, "estimate", stop_at_sixth)
    assert rank(*words, "--estimator", "consistency")[0] != 0
    assert (
        "3 pairs of model and image scored, 5 known before"
        in (rank(*words, "--estimator", "consistency")[1])
    )
    assert (
        "0 pairs of model and image scored, 8 known before"
        in (rank(*words, "--estimator", "consistency")[1])
    )
    whole = (folder / "out" / "scores.csv").read_text()
    for path in (folder / ".harness" / "scores").iterdir():
        path.unlink()
    assert "8 pairs of model and image scored" in rank(*words, "--estimator", "consistency")[1]
    assert (folder / "out" / "scores.csv").read_text() == whole


def test_a_line_that_a_kill_cut_short_is_scored_again(folder: Path) -> None:
    words = ["--models", "models", "--images", "stack/*.tif", "--estimator", "consistency"]
    rank(*words)
    before = (folder / "out" / "scores.csv").read_text()
    file = next((folder / ".harness" / "scores").iterdir())
    text = file.read_text()
    file.write_text(text[: len(text) - 20])
    assert "1 pairs of model and image scored" in rank(*words)[1]
    assert (folder / "out" / "scores.csv").read_text() == before


def test_a_network_whose_layers_cannot_be_reached_is_ranked_by_what_it_can_answer(
    folder: Path,
) -> None:
    write_script(folder / "models" / "script.pt", Brighter(0.5))
    value = call_json(
        "rank",
        *("--models", "models/script.pt", "--models", "models/first.safetensors"),
        *("--images", "stack/*.tif", "--to", "out", "--estimator", "consistency"),
    )
    first = value["ranking"]["columns"][0]
    assert first["column"]["label"] == "consistency NHD, noise 0.05"
    assert {standing["model"] for standing in first["standings"]} == {"script", "first"}


def test_a_network_that_no_noise_can_move_is_first(folder: Path) -> None:
    """The level of one lies in the noise of the background, that of the other above it."""
    for path in (folder / "models").iterdir():
        path.unlink()
    write_script(folder / "models" / "shaky.pt", Brighter(80 / 255))
    write_script(folder / "models" / "steady.pt", Brighter(140 / 255))
    code, out, _ = rank("--models", "models", "--images", "stack", "--estimator", "consistency")
    assert code == 0
    assert out.splitlines()[0] == "Use steady; on these 4 images it is told from every other model."


def test_the_fits_of_a_study_are_models_named_by_what_varies(folder: Path) -> None:
    study = folder / "tiny.yaml"
    raw = yaml.safe_load(TINY)
    raw["base"]["fit"]["prepare"] = [{"name": "standardise", "to": "all"}]
    study.write_text(yaml.safe_dump(raw))
    early = rank("--models", "tiny.yaml", "--images", "stack")
    assert early[0] == 2
    assert "it is not trained yet; harness run" in early[2]
    run_study(study, Home(folder))
    code, _, err = rank("--models", "tiny.yaml", "--images", "stack")
    assert (code, err) == (0, "")
    models = {line["model"] for line in lines_of(folder / "out" / "ranking.csv")}
    assert models == {"seed 0, bce_dice", "seed 1, bce_dice", "seed 0, ce", "seed 1, ce"}
    again = rank("--models", ".harness/fits", "--images", "stack")
    assert "0 pairs of model and image scored, 16 known before" in again[1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--models", "none", "--images", "stack"], "none: there is no such file or folder"),
        (["--models", "none.yaml", "--images", "stack"], "there is no such study file"),
        (["--models", "empty", "--images", "stack"], "empty: it holds no model, but nothing"),
        (
            ["--models", "models", "--images", "empty"],
            "empty: this folder holds no picture, but nothing",
        ),
        (["--models", "models/pickled.pt", "--images", "stack"], "no model can be used"),
        (["--models", "models", "--images", "stack", "--estimator", "guess"], "there is none"),
    ],
)
def test_what_cannot_be_ranked_is_a_sentence(folder: Path, words: list[str], sentence: str) -> None:
    (folder / "empty").mkdir()
    code, _, err = rank(*words)
    assert code == 2
    assert sentence in err


def test_large_images_are_cut_and_many_are_thinned(folder: Path) -> None:
    tifffile.imwrite(folder / "volume.tif", images_of(12))
    code, out, _ = rank(
        *("--models", "models", "--images", "volume.tif", "--most", "9"),
        *("--estimator", "consistency"),
    )
    assert code == 0
    assert "these 9 planes" in out
    page = (folder / "out" / "ranking.html").read_text()
    assert "9 of 12 images were scored" in page
    assert "resemble their neighbours" in page
