"""What of a report can go into a paper: methods, checklists, references, curves."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.judge.answer import judge
from harness.judge.verdicts import Verdicts
from harness.report.bibliography import bibtex, data_reference, known_references, references_of
from harness.report.checklists import checklists_of
from harness.report.evidence import Evidence
from harness.report.methods.machines import hardware_text
from harness.report.methods.paragraphs import methods_of
from harness.report.page import page
from harness.report.provenance import provenance
from harness.report.study_paper import paper_of
from harness.report.training_curves import curves_legend, training_curves
from harness.spec.catalogue import HOMES, catalogue
from harness.spec.values import Part
from harness.study.load import Study
from tests.made.pages import parse_page
from tests.made.synthetic import recorded_runs, results, study_in
from tests.report.judged import score

TEXT = """
seeds: 4
grid:
  fit.batch: [2, 4]
  fit.method: [{name: supervised, epochs: 3, lr: 2e-3, optimiser: adamw}]
compare:
  - {name: larger, primary: true, metric: dice, by: fit.batch, against: '2', unit: seed}
  - {name: same, metric: dice, by: fit.batch, against: '2', unit: seed,
     test: equivalence_paired, margin: 0.2}
"""
FIT = {"parameters": 1234, "channels": 1, "outputs": 1, "seconds": 90.0}
ORIGIN = {"python": "3.11.7", "torch": "2.13.0", "platform": "linux"}
EPOCHS = [{"epoch": number, "loss/net": 1 / number, "lr": 0.1} for number in (1, 2, 3)]


def evidence_of(study: Study) -> Evidence:
    """What the runs of the study might have recorded of themselves."""
    runs, _ = results(study, score)
    recorded = []
    for cell, run in zip(study.cells, recorded_runs(study, runs), strict=True):
        tags = {**run.tags, "harness.fit": cell.trial.fit.key, "harness.machine": "x86_64, 2 cores"}
        tags["mlflow.source.git.commit"] = "c0ffee" * 6
        recorded.append(replace(run, tags=tags))
    of_runs = {run.id: {"fit": {**FIT, "origin": ORIGIN}, "seconds": 6.0} for run in recorded}
    histories = {run.id: EPOCHS for run in recorded}
    return Evidence(recorded, of_runs, {"torch": "2.13.0", "harness": "0.1.0"}, histories)


@pytest.fixture
def judgement(tmp_path: Path) -> tuple[Study, Verdicts, Evidence]:
    """The study, its verdicts and its records."""
    study = study_in(tmp_path, TEXT)
    runs, rows = results(study, score)
    return study, judge(study, runs, rows, recorded_runs(study, runs)), evidence_of(study)


def test_the_methods_say_what_the_study_and_its_records_hold(
    judgement: tuple[Study, Verdicts, Evidence],
) -> None:
    paragraphs = {part.title: part.text for part in methods_of(*judgement)}
    assert "batch size (2 or 4)" in paragraphs["Design"]
    assert "drawn by code" in paragraphs["Data"]
    assert "1,234 parameters" in paragraphs["Network"]
    assert "8 trainings by supervised" in paragraphs["Training"]
    assert "batches of 2 or 4 (varied) patches" in paragraphs["Training"]
    assert "adamw" in paragraphs["Training"]
    assert "lr 0.002" in paragraphs["Training"]
    assert "The weights after the last epoch" in paragraphs["Selection and measurement"]
    assert "margin of equivalence ±0.2" in paragraphs["Statistics"]
    assert "n = 4" in paragraphs["Statistics"]
    assert "commit c0ffeec0ff" in paragraphs["Software"]
    assert "torch 2.13.0 [paszke2019]" in paragraphs["Software"]
    assert "x86_64, 2 cores (8 runs)" in paragraphs["Hardware"]
    assert "8 trainings took 12 min" in paragraphs["Hardware"]
    assert "Energy was not measured" in paragraphs["Hardware"]


def with_use(evidence: Evidence, uses: list[dict[str, float]]) -> Evidence:
    """The evidence, with what the first trainings and their measurements have used."""
    results = dict(evidence.results)
    for run, use in zip(evidence.runs, uses, strict=False):
        result = results[run.id]
        results[run.id] = {**result, "use": use, "fit": {**result["fit"], "use": use}}
    return replace(evidence, results=results)


def test_the_methods_say_memory_and_energy_as_far_as_they_were_measured(
    judgement: tuple[Study, Verdicts, Evidence],
) -> None:
    evidence = judgement[2]
    small = {"peak_memory_gb": 1.24, "gpu_memory_gb": 0.5, "gpu_energy_wh": 0.25}
    large = {"peak_memory_gb": 0.9, "gpu_memory_gb": 3.52, "gpu_energy_wh": 100.0}
    text = hardware_text(with_use(evidence, 4 * [small, large]), others_before=False)
    assert "The largest training took 1.2 GB of memory and 3.5 GB of a GPU's" in text
    assert "GPUs used 401 Wh in training and 401 Wh in measuring; the energy of a shared" in text
    text = hardware_text(with_use(evidence, [small, small]), others_before=False)
    assert "0.5 Wh in training (told by 2 of 8) and 0.5 Wh in measuring (told by 2 of 8)" in text
    on_processors = with_use(evidence, 8 * [{"peak_memory_gb": 1.24}])
    text = hardware_text(on_processors, others_before=False)
    assert "The largest training took 1.2 GB of memory. Energy was not measured." in text


def test_a_reference_in_the_methods_stands_in_the_bibliography(
    judgement: tuple[Study, Verdicts, Evidence],
) -> None:
    text = " ".join(part.text for part in methods_of(*judgement))
    keys: set[str] = set()
    for bracket in re.findall(r" \[([\w, -]+)\]", text):
        keys.update(bracket.split(", "))
    assert {"loshchilov2019", "schuirmann1987", "paszke2019"} <= keys
    written = set(re.findall(r"^@\w+\{([\w-]+),$", paper_of(*judgement).bibtex, re.MULTILINE))
    assert keys <= written


def test_a_checklist_leaves_to_the_author_what_no_record_can_answer(
    judgement: tuple[Study, Verdicts, Evidence],
) -> None:
    reforms, reloaded = checklists_of(*judgement)
    assert len(reforms.items) == 32
    answers = {item.number: item.answer for item in (*reforms.items, *reloaded.items)}
    for number in ("1a", "1b", "3c", "5b", "8a", "8b", "boundaries", "reference"):
        assert answers[number] == ""
    assert "commit c0ffeec0ff" in answers["2b"]
    assert "split train" in answers["5c"]
    assert "mean Dice" in answers["7a"] or "Dice" in answers["7a"]
    html = page(judgement[1], [], provenance(judgement[0], []), paper=paper_of(*judgement))
    assert html.count("to be answered by the author") == list(answers.values()).count("")


def test_curves_lead_to_their_runs_and_one_epoch_is_no_curve(
    judgement: tuple[Study, Verdicts, Evidence],
) -> None:
    study, _, evidence = judgement
    (figure,) = training_curves(study, evidence)
    assert figure.count('<path class="curve" stroke="#0072b2"') == 4 + 1
    assert all(f"#run-{run.id}" in figure for run in evidence.runs)
    single = replace(evidence, histories=dict.fromkeys(evidence.histories, EPOCHS[:1]))
    assert training_curves(study, single) == []
    assert "no curve" in curves_legend(study, single, 0)


def test_every_reference_speaks_of_something_that_exists() -> None:
    for reference in known_references():
        assert {"author", "title", "year"} <= set(reference.fields), reference.key
        venues = {"journal", "booktitle", "publisher", "url"}
        assert not venues.isdisjoint(reference.fields), f"{reference.key} appeared nowhere"
        for user in reference.users:
            kind, name = user.split("/")
            if kind in HOMES:
                assert name in catalogue(kind), reference.key
            else:
                assert kind in ("software", "checklist")
    keys = [reference.key for reference in known_references()]
    assert len(keys) == len(set(keys))


def test_braces_of_a_bibliography_close() -> None:
    text = bibtex(list(references_of(["net/unet", "test/wilcoxon"])))
    assert text.count("@") == 2
    assert text.count("{") == text.count("}")
    assert "usedby" not in text


def test_a_data_set_is_cited_with_its_licence(tmp_path: Path) -> None:
    component = catalogue("dataset")["lucchi"]
    reference = data_reference(Part("dataset", "lucchi", {}))
    assert reference is not None
    assert reference.fields["doi"] == "10.1109/TMI.2011.2171705"
    assert component.facts.licence in reference.fields["note"]
    assert data_reference(Part("dataset", "fibres", {})) is None


def test_nothing_of_a_study_becomes_markup(judgement: tuple[Study, Verdicts, Evidence]) -> None:
    study, verdicts, evidence = judgement
    evil = "<script>alert(1)</script>\"'"
    compare = tuple(replace(comparison, name=evil) for comparison in study.compare)
    runs, rows = results(study, score)
    evil_study = replace(study, name=evil, question=evil, compare=compare)
    verdicts = judge(evil_study, runs, rows)
    evil_runs = []
    for run in evidence.runs:
        levels = {**run.levels, "fit.batch": evil + run.levels["fit.batch"]}
        evil_runs.append(replace(run, levels=levels, tags={**run.tags, "harness.machine": evil}))
    evil_evidence = replace(evidence, runs=evil_runs, packages={"torch": evil})
    paper = paper_of(evil_study, verdicts, evil_evidence)
    html = page(verdicts, [(evil, evil)], provenance(evil_study, evil_runs), paper=paper)
    assert "alert(1)" in html
    assert not parse_page(html).tags & {"script", "img"}
