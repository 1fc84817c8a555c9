"""A table of a study is the paper's table: its cells are means over units, and the published numbers stand beside."""

import csv
import io
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.judge.answer import judge
from harness.judge.tables import Entry, Tabulated, tabulate
from harness.report.page import page
from harness.report.paper_tables_text import latex, markdown, tables_csv
from harness.report.provenance import provenance
from harness.spec.catalogue import Component, catalogue
from harness.spec.facts import Facts
from harness.spec.naming import named
from harness.spec.values import Trial
from harness.study.document import Mistakes
from harness.study.load import Study, load_study
from harness.study.tables import Table, read_published
from tests.made.synthetic import made, recorded, results
from tests.report.test_report import parsed

PUBLISHED = Path(__file__).parents[2] / "studies" / "paper" / "published"
MAPS = ("Foreground", "Full Output")
ATTRIBUTION = Facts(metrics=("swd", "fwd"), dimensions=("map", "distance"), lower=("swd", "fwd"))

GRID = """
seeds: 3
grid:
  fit.train_on:
    - {name: phantom, style: lucchi, label: Lucchi}
    - {name: phantom, style: snemi, label: SNEMI}
  fit.method.loss: [{name: dice, label: Non-pretrained}, {name: bce, label: ImageNet}]
"""
TABLE = """
tables:
  - name: Table 4
    title: Existence of saliency asymmetry
    rows: [fit.train_on, fit.method.loss]
    columns: [map]
    metrics: [swd, fwd]
    where: {distance: wasserstein}
    unit: seed
    published: numbers.csv
    from: 000, Table 4
"""
NUMBERS = """# A paper.
# A misprint.
fit.train_on,fit.method.loss,map,metric,value,se
SNEMI,ImageNet,Foreground,swd,30.555,0.5
SNEMI,ImageNet,Full Output,swd,32.060,
SNEMI,ImageNet,Occlusion,swd,,
Lucchi,Non-pretrained,Foreground,dice,1,
"""


@pytest.fixture(autouse=True)
def attribution(monkeypatch: pytest.MonkeyPatch) -> None:
    """A probe whose rows have dimensions, known by name as if it stood in harness/probes/."""
    probe = Component("probe", "attributed", "tests", "Asymmetry.", {}, ATTRIBUTION)
    monkeypatch.setitem(catalogue("probe"), "attributed", probe)


def study_of(folder: Path, more: str = TABLE, numbers: str = NUMBERS) -> Study:
    (folder / "numbers.csv").write_text(numbers)
    return made(folder, "  probes: [segmentation, attributed]" + GRID + more)


def size(trial: Trial, image: int, channel: int) -> float:
    """What one map of one image gives, from nothing but its place."""
    pretrained = 10.0 if trial.fit.method.options["loss"].name == "bce" else 1.0
    return pretrained + trial.fit.seed + image / 10 + channel


def measured(
    study: Study, state: dict[tuple[str, int], str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of every map and distance for each image, beside those of the segmentation."""
    ended = state or {}
    runs, rows = results(
        study,
        lambda trial, rng: 0.5,
        images=2,
        state=lambda t: ended.get((t.fit.train_on.label, t.fit.seed), "finished"),
    )
    trials = {cell.trial.key: cell.trial for cell in study.cells}
    lines = []
    for run in runs[runs["state"] == "finished"].itertuples():
        trial = trials[run.trial]
        for image in range(2):
            for channel, (name, distance) in enumerate(
                (m, d) for d in ("wasserstein", "jensen_shannon") for m in MAPS
            ):
                about = {
                    "image": f"image {image}",
                    "group": "g",
                    "seed": trial.fit.seed,
                    "run": run.run,
                }
                where = {"map": name, "distance": distance}
                value = size(trial, image, channel)
                lines += [
                    {"metric": m, "value": value * k, **about, **where}
                    for m, k in (("swd", 1), ("fwd", 2))
                ]
    return runs, pd.concat([rows, pd.DataFrame(lines)], ignore_index=True)


def cell(found: Tabulated, row: tuple[str, ...], metric: str, *levels: str) -> Entry:
    column = next(
        j for j, c in enumerate(found.columns) if (c.metric, c.levels) == (metric, levels)
    )
    return found.entries[found.rows.index(row)][column]


def test_a_cell_is_a_mean_over_seeds_of_the_mean_over_images(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    (found,) = tabulate(study, *measured(study), {"swd", "fwd"})
    assert found.rows == (
        ("Lucchi", "Non-pretrained"), ("Lucchi", "ImageNet"), ("SNEMI", "Non-pretrained"), ("SNEMI", "ImageNet")
    )  # fmt: skip
    assert [(c.metric, c.levels) for c in found.columns] == [
        (m, (level,)) for m in ("swd", "fwd") for level in ("Foreground", "Full Output")
    ]
    one = cell(found, ("SNEMI", "ImageNet"), "swd", "Foreground")
    values = [np.mean([10.0 + seed, 10.1 + seed]) for seed in range(3)]
    assert one.mean == pytest.approx(np.mean(values))
    assert one.se == pytest.approx(np.std(values, ddof=1) / math.sqrt(3))
    assert (one.n, one.units) == (3, ("seed 0", "seed 1", "seed 2"))
    assert (one.published, one.published_se, one.written) == (30.555, 0.5, "30.555 ± 0.5")
    assert cell(found, ("SNEMI", "ImageNet"), "fwd", "Foreground").written == ""
    best = [[entry.best for entry in line] for line in found.entries]
    assert best == [[True] * 4, [False] * 4] * 2  # less is better: the unpretrained, in each group
    assert found.remark == "A paper. A misprint."
    assert found.notes == ()


def test_one_distance_is_chosen_and_others_are_not_averaged_in_silence(tmp_path: Path) -> None:
    study = study_of(tmp_path, TABLE.replace("    where: {distance: wasserstein}\n", ""))
    (found,) = tabulate(study, *measured(study))
    assert cell(found, ("SNEMI", "ImageNet"), "swd", "Foreground").mean == pytest.approx(11.05 + 1)
    assert found.notes == ("averaged over distance (2 levels)",)


def test_what_did_not_run_or_failed_is_a_dash_and_is_told(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    ended = {("Lucchi", seed): "missing" for seed in range(3)} | {
        ("SNEMI", 1): "failed",
        ("SNEMI", 2): "diverged",
    }
    (found,) = tabulate(study, *measured(study, ended))
    assert cell(found, ("Lucchi", "ImageNet"), "swd", "Foreground") == Entry()
    one = cell(found, ("SNEMI", "ImageNet"), "swd", "Foreground")
    assert (one.n, one.mean, math.isnan(one.se)) == (1, pytest.approx(10.05), True)
    assert found.notes == (
        "of 12 trials 2 diverged, 2 failed, 6 missing: their seeds are in no cell",
        "the means are of the trials that did not diverge, which flatters them",
    )
    assert "| Lucchi | Non-pretrained | – *–* | – *–* |" in markdown([found])


def test_before_anything_ran_there_is_the_published_table(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    (found,) = tabulate(study, pd.DataFrame(), pd.DataFrame(columns=["run", "metric", "value"]))
    assert len(found.rows) == 4
    assert {c.levels for c in found.columns} == {("Foreground",), ("Full Output",)}
    assert cell(found, ("SNEMI", "ImageNet"), "swd", "Full Output").written == "32.060"
    bare = study_of(tmp_path, TABLE.replace("    published: numbers.csv\n", ""))
    (found,) = tabulate(bare, pd.DataFrame(), pd.DataFrame(columns=["run", "metric", "value"]))
    assert all(entry == Entry() for line in found.entries for entry in line)


def test_metrics_without_columns_and_pooled_images(tmp_path: Path) -> None:
    entry = "tables:\n  - {name: T, rows: [fit.method.loss], metrics: [dice, iou], unit: image}\n"
    study = study_of(tmp_path, entry)
    (found,) = tabulate(study, *measured(study))
    assert [(c.metric, c.levels) for c in found.columns] == [("dice", ()), ("iou", ())]
    assert cell(found, ("ImageNet",), "dice").n == 2 * 2 * 3  # images, data sets, networks
    assert "averaged over fit.train_on" in found.notes
    assert any("say nothing of another training" in note for note in found.notes)


def html_of(study: Study, found: list[Tabulated], runs: pd.DataFrame, rows: pd.DataFrame) -> str:
    listed = recorded(study, runs)
    return page(judge(study, runs, rows, listed), [], provenance(study, listed), found)


def test_the_page_has_the_papers_layout_and_every_number_leads_to_its_runs(tmp_path: Path) -> None:
    study = study_of(tmp_path, TABLE.replace("title: E", "title: <script>e"))
    runs, rows = measured(study)
    html = html_of(study, tabulate(study, runs, rows), runs, rows)
    seen = parsed(html)
    assert not seen.tags & {"script"}
    assert len(seen.ids) == len(set(seen.ids))
    assert {link.removeprefix("#") for link in seen.links} <= set(seen.ids)
    section = html.split('<section id="table-0">')[1].split("</section>")[0]
    assert (
        '<th colspan="2" scope="colgroup">swd</th><th colspan="2" scope="colgroup">fwd</th>'
        in section
    )
    assert section.count('class="label again" scope="row">Lucchi') == 1
    assert (
        '<td data-k="swd · Foreground"><span><a href="#table-0-runs-3"><b>11.05 ± 0.58</b></a> <small>(3)'
        in section
    )
    assert '<span class="theirs">30.555 ± 0.5</span>' in section
    assert section.count('<span class="theirs">–</span>') == 14
    assert "as published (000, Table 4); only where distance is wasserstein" in section


def test_many_columns_stand_in_a_block_for_each_metric(tmp_path: Path) -> None:
    numbers = NUMBERS + "".join(f"SNEMI,ImageNet,Map {i},swd,{i},\n" for i in range(4))
    study = study_of(tmp_path, TABLE, numbers)
    runs, rows = measured(study)
    found = tabulate(study, runs, rows)
    assert len(found[0].columns) == 12
    assert html_of(study, found, runs, rows).count('<table class="cards paper">') == 2
    assert latex(found).count(r"\begin{tabular}{llrrrrrr}") == 2


def test_latex_is_balanced_with_a_cell_for_each_column(tmp_path: Path) -> None:
    study = study_of(tmp_path, TABLE.replace("SNEMI", "50 % & more"))
    text = latex(tabulate(study, *measured(study)))
    stripped = text.replace(r"\{", "").replace(r"\}", "")
    assert stripped.count("{") == stripped.count("}")
    assert r" &  & \multicolumn{2}{c}{swd} & \multicolumn{2}{c}{fwd} \\" in text
    assert r"\cmidrule(lr){3-4}\cmidrule(lr){5-6}" in text
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    lines = [line for line in body if line != r"\addlinespace"]
    assert all(line.count(" & ") == 5 and line.endswith(r" \\") for line in lines)
    assert lines[3].startswith(
        r" & ImageNet & \textbf{11.05 $\pm$ 0.58 (3)} {[}30.555 $\pm$ 0.5] &"
    )
    assert body[2] == r"\addlinespace"


def test_csv_round_trips(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    (found,) = tabulate(study, *measured(study))
    table = pd.read_csv(io.StringIO(tables_csv([found])))
    assert table["mean"].tolist() == [entry.mean for line in found.entries for entry in line]
    assert table["published"].dropna().tolist() == [30.555, 32.06]
    assert set(table["runs"].iloc[0].split()) <= {f"run{i:04}" for i in range(12)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("metrics: [swd, fwd]", "metrics: [swd, fwdd]"),
            "metrics.1: no probe of the study measures 'fwdd'; did you",
        ),
        (
            ("[fit.train_on, fit", "[fit.trian_on, fit"),
            "rows.0: no setting 'fit.trian_on' in the study; did you mean",
        ),
        (
            ("columns: [map]", "columns: [mapp]"),
            "columns.0: no setting 'mapp' in the study; did you mean 'map'?",
        ),
        (("columns: [map]", "columns: [fit.train_on]"), "columns: 'fit.train_on' is named twice"),
        (
            ("metrics: [swd, fwd]", "metrics: [swd, dice]"),
            "columns.0: no setting 'map' in the study",
        ),
        (
            ("{distance: w", "{distanse: w"),
            "where.distanse: no setting 'distanse' in the study; did you mean 'dist",
        ),
        (
            ("{distance: wasserstein}", "{fit.train_on: SNEMY}"),
            "where.fit.train_on: fit.train_on has no level 'SNEMY'",
        ),
        (("    unit: seed\n", ""), "tables.0: a table needs `unit`: seed | fold | image | patient"),
        (("unit: seed", "unit: fold"), "unit: the study has no folds"),
        (("title:", "titel:"), "titel: a table has no setting 'titel'; did you mean 'title'?"),
        (
            ("numbers.csv", "nowhere.csv"),
            "published: nowhere.csv cannot be read: No such file or directory",
        ),
        (
            ("rows: [fit.train_on, fit.method.loss]", "rows: []"),
            "rows: is empty; name at least one",
        ),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_place(
    tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    assert TABLE.count(change[0]) == 1
    with pytest.raises(Mistakes) as caught:
        study_of(tmp_path, TABLE.replace(*change))
    found = [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]
    assert any(expected in line and line.startswith("study.yaml:") for line in found), found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("SNEMI,ImageNet,Foreground", "SNEMY,ImageNet,Foreground"),
         "numbers.csv:4: the study has no fit.train_on 'SNEMY'; did you mean 'SNEMI'?"),
        (("30.555", "30,555"), "numbers.csv:4: 7 values for 6 columns"),
        (("30.555", "x"), "numbers.csv:4: x ± 0.5 should be a number"),
        ((",map,", ",maps,"), "numbers.csv:3: no column 'maps' here; did you mean 'map'?"),
        (("Full Output,swd,32", "Foreground,swd,32"), "numbers.csv:5: SNEMI, ImageNet, Foreground, swd stands"),
    ],
)  # fmt: skip
def test_a_wrong_published_number_is_refused_with_its_line(
    tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    assert NUMBERS.count(change[0]) == 1
    with pytest.raises(Mistakes) as caught:
        study_of(tmp_path, TABLE, NUMBERS.replace(*change))
    assert any(
        expected in str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems
    ), caught.value


def test_where_chooses_among_published_numbers_too(tmp_path: Path) -> None:
    more = "SNEMI,Non-pretrained,Foreground,swd,9,\nKasthuri,ImageNet,Foreground,swd,8,\n"
    only = "{fit.train_on: SNEMI, distance: wasserstein, map: [Foreground, Occlusion]}"
    entry = TABLE.replace("rows: [fit.train_on, ", "rows: [").replace(
        "{distance: wasserstein}", only
    )
    study = study_of(tmp_path, entry, NUMBERS + more)
    (found,) = tabulate(study, *measured(study))
    assert found.rows == (("Non-pretrained",), ("ImageNet",))
    assert [entry.written for line in found.entries for entry in line] == [
        "9",
        "",
        "30.555 ± 0.5",
        "",
    ]
    assert [c.levels for c in found.columns] == [("Foreground",)] * 2
    one = cell(found, ("ImageNet",), "swd", "Foreground")
    assert (one.mean, one.n) == (pytest.approx(11.05), 3)


def test_a_table_is_inherited_with_its_numbers(tmp_path: Path) -> None:
    (tmp_path / "paper").mkdir()
    study_of(tmp_path)
    child = tmp_path / "paper" / "child.yaml"
    child.write_text("extends: ../study.yaml\nname: child\n")
    ((table, published),) = load_study(child).tables
    assert table.name == "Table 4"
    assert len(published.numbers) == 2


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
    "fit.init": "ImageNet,Lucchi pretrained,Non-pretrained,Uniform-Blue,Uniform-Green,Uniform-Red,Average",
    "map": "Foreground,Foreground 100,Full Output,Full Output 100,GradCAM++,Occlusion",
    "fit.train_on": "SNEMI,Lucchi,GF-PA66",
    "fit.net.arch": "deeplabv3plus,unet,segformer",
    "fit.net.encoder": "resnet18,resnet34,resnet50",
    "fit.net.prune": "0,1,2,3,4",
}


def published(name: str) -> dict[tuple[tuple[str, ...], str], float]:
    def known(path: str, level: str) -> str:
        found = named(level, LEVELS[path].split(","))
        assert found is not None, (path, level)
        return found

    rows, columns = COLUMNS[name]
    found, wrong = read_published(
        PUBLISHED / name, Table("t", "seed", rows, METRICS, columns), known
    )
    assert wrong == []
    assert len(found.note) > 40
    return {at: number.value for at, number in found.numbers.items()}


def test_every_published_file_is_read_whole() -> None:
    assert {path.name for path in PUBLISHED.glob("s*.csv")} >= COLUMNS.keys()
    counts = {name: len(published(name)) for name in COLUMNS}
    assert counts == {
        "saliency-table-3.csv": 125, "saliency-table-4.csv": 36, "saliency-table-5.csv": 28,
        "saliency-table-6.csv": 46, "saliency-table-7a.csv": 36, "saliency-table-7b.csv": 36,
        "skips-table-2.csv": 10, "skips-figure-7.csv": 6,
    }  # fmt: skip


def test_published_numbers_agree_where_the_paper_says_them_twice() -> None:
    three, four, five = (published(f"saliency-table-{k}.csv") for k in "345")
    six, arch, encoder = (published(f"saliency-table-{k}.csv") for k in ("6", "7a", "7b"))
    for (levels, metric), value in three.items():
        if metric == "dice":
            assert three[levels, "foreground_iou"] == pytest.approx(
                value / (2 - value), abs=6e-4
            ), levels
    for (levels, metric), value in four.items():
        data, init, shown = levels
        if data == "SNEMI":
            assert five[(init, shown), metric] == value
            assert arch[("deeplabv3plus", init, shown), metric] == value
            assert encoder[("resnet34", init, shown), metric] == value
    for (levels, metric), value in five.items():
        if (levels, metric) in six:
            assert six[levels, metric] == value
    assert (("ImageNet", "Occlusion"), "swd") not in six
    with (PUBLISHED / "skips-table-2.csv").open() as file:
        lines = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert {line["metric"] for line in lines} == {"parameters"}
