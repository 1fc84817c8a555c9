"""Every file of published numbers is read whole, and the numbers agree with each other."""

import csv
from pathlib import Path

import pytest

from harness.spec.naming import level_meant
from harness.study.tables import Table, read_published

PUBLISHED = Path(__file__).parents[2] / "studies" / "paper" / "published"
COLUMNS = {
    "saliency-table-3.csv": (["fit.net.arch", "fit.net.encoder", "fit.init"], []),
    "saliency-table-4.csv": (["fit.train_on", "fit.init"], ["map"]),
    "saliency-table-5.csv": (["fit.init"], ["map"]),
    "saliency-table-6.csv": (["fit.init"], ["map"]),
    "saliency-table-7a.csv": (["fit.net.arch", "fit.init"], ["map"]),
    "saliency-table-7b.csv": (["fit.net.encoder", "fit.init"], ["map"]),
    "skips-table-2.csv": (["fit.net.encoder", "fit.net.prune"], []),
    "skips-figure-7.csv": (["fit.net.encoder", "fit.net.prune"], []),
}
METRICS = [
    "dice",
    "foreground_iou",
    "precision",
    "recall",
    "accuracy",
    "swd",
    "fwd",
    "set_foreground_iou",
    "parameters",
]
LEVELS = {
    "fit.init": (
        "ImageNet,Lucchi pretrained,Non-pretrained,Uniform-Blue,Uniform-Green,Uniform-Red,Average"
    ),
    "map": "Foreground,Foreground 100,Full Output,Full Output 100,GradCAM++,Occlusion",
    "fit.train_on": "SNEMI,Lucchi,GF-PA66",
    "fit.net.arch": "deeplabv3plus,unet,segformer",
    "fit.net.encoder": "resnet18,resnet34,resnet50",
    "fit.net.prune": "0,1,2,3,4",
}


def level_of(path: str, text: str) -> str:
    """The level of a setting that a published text means."""
    level = level_meant(text, LEVELS[path].split(","))
    assert level is not None, (path, text)
    return level


def published_numbers(name: str) -> dict[tuple[tuple[str, ...], str], float]:
    """The numbers of a published table by their levels and metric."""
    rows, columns = COLUMNS[name]
    table = Table("t", "seed", rows, METRICS, columns)
    published, problems = read_published(PUBLISHED / name, table, level_of)
    assert problems == []
    assert len(published.note) > 40
    return {cell: number.value for cell, number in published.numbers.items()}


def test_every_published_file_is_read_whole() -> None:
    assert {path.name for path in PUBLISHED.glob("s*.csv")} >= COLUMNS.keys()
    counts = {name: len(published_numbers(name)) for name in COLUMNS}
    assert counts == {
        "saliency-table-3.csv": 125, "saliency-table-4.csv": 36, "saliency-table-5.csv": 28,
        "saliency-table-6.csv": 46, "saliency-table-7a.csv": 36, "saliency-table-7b.csv": 36,
        "skips-table-2.csv": 10, "skips-figure-7.csv": 6,
    }  # fmt: skip


def test_published_numbers_agree_where_the_paper_says_them_twice() -> None:
    three, four, five = (published_numbers(f"saliency-table-{k}.csv") for k in "345")
    six, arch, encoder = (published_numbers(f"saliency-table-{k}.csv") for k in ("6", "7a", "7b"))
    for (levels, metric), value in three.items():
        if metric == "dice":
            assert three[levels, "foreground_iou"] == pytest.approx(
                value / (2 - value), abs=6e-4
            ), levels
    for (levels, metric), value in four.items():
        data, *rest = levels
        if data == "SNEMI":
            assert five[tuple(rest), metric] == value
            assert arch[("deeplabv3plus", *rest), metric] == value
            assert encoder[("resnet34", *rest), metric] == value
    for (levels, metric), value in five.items():
        if (levels, metric) in six:
            assert six[levels, metric] == value
    assert (("ImageNet", "Occlusion"), "swd") not in six
    with (PUBLISHED / "skips-table-2.csv").open() as file:
        lines = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert {line["metric"] for line in lines} == {"parameters"}
