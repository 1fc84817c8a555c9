"""What a person meets in MLflow's own UI: an address that opens model training, units, a model."""

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from harness.apply.mlflow_model import load_network
from harness.record.description import QUESTION_TAG, question_of, tags_of_experiment
from harness.record.files_of_run import artifact_folder
from harness.record.lookups import read_overview
from harness.record.mlflow_page import look_lines, run_page, study_page
from harness.record.model_folder import LOADER, MODELS_TAG
from harness.record.units import OWN, unit_lines, unit_of
from harness.spec.catalogue import catalogue
from harness.store import Home, load_weights
from tests.made.recorded import study_at
from tests.made.studies import run_study, tracker_of
from tests.made.trials import SEEDS

ROOT = Path(__file__).parents[2]


def test_the_address_opens_a_study_as_model_training(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = tracker_of(home)
    assert study_page(tracker, "tiny") is None
    assert look_lines(tracker, "tiny") == [f"mlflow ui --backend-store-uri {tracker.shown_uri}"]
    study = study_at(home, SEEDS.format(name="pages", seeds=1))
    tracker.experiment(tracker.client(), "pages", tags_of_experiment(study))
    page = study_page(tracker, "pages")
    assert page == "http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning"
    assert look_lines(tracker, "pages")[-1] == page
    monkeypatch.setenv("HARNESS_MLFLOW_UI", "http://lab:8080/")
    elsewhere = study_page(tracker, "pages")
    assert elsewhere is not None
    assert elsewhere.startswith("http://lab:8080/#/experiments/1/runs?")


def test_the_description_says_the_unit_of_each_metric(home: Home) -> None:
    text = SEEDS.format(name="units", seeds=1) + "\nquestion: Does it say its units?\n"
    study = study_at(home, text)
    tags = tags_of_experiment(study)
    assert tags[QUESTION_TAG] == "Does it say its units?"
    note = tags["mlflow.note.content"]
    assert "share, from 0 to 1: `dice`" in note
    assert "nats, natural logarithms: `loss`" in note
    assert "seconds: `seconds/fit`" in note
    tracker = tracker_of(home)
    tracker.experiment(tracker.client(), "units", tags)
    (row,) = read_overview(tracker).studies
    assert row.question == "Does it say its units?"


def test_a_study_of_an_earlier_version_has_its_question_as_the_description() -> None:
    assert question_of({"mlflow.note.content": "Why?"}) == "Why?"
    assert question_of({"mlflow.note.content": "long", QUESTION_TAG: "Why?"}) == "Why?"
    assert question_of({}) is None


def test_every_metric_of_every_probe_has_a_unit() -> None:
    for component in catalogue("probe").values():
        for metric in component.facts.metrics:
            assert unit_of(metric) != OWN, f"{component.name} measures {metric} in no unit"
    assert unit_lines(["sharpness"])[0] == f"- {OWN}: `sharpness`"


def test_a_run_has_an_author_and_a_model_that_loads(home: Home, tiny: Path) -> None:
    import mlflow.pyfunc

    run_study(tiny, home)
    tracker = tracker_of(home)
    run = tracker.runs("tiny")[0]
    assert run.tags["mlflow.user"] == getpass.getuser()
    (model,) = json.loads(run.tags[MODELS_TAG])
    assert model["artifact_path"] == "model"
    assert model["flavors"]["python_function"]["loader_module"] == LOADER
    page = run_page(tracker, run.id)
    assert page.endswith(f"/#/experiments/1/runs/{run.id}?workflowType=machine_learning")
    artifacts = artifact_folder(run, home)
    assert artifacts is not None
    folder = artifacts / "model"
    net = load_network(folder)
    weights = load_weights(folder / "data" / "weights.safetensors")
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, weights[name])
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        expected = net(images).sigmoid()
    answer = mlflow.pyfunc.load_model(str(folder)).predict(images.numpy())
    assert torch.equal(torch.from_numpy(answer), expected)
    script = ROOT / "examples" / "load_network.py"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(
        [sys.executable, str(script), str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert "images (2, 3, 64, 64) -> logits (2, 1, 64, 64)" in process.stdout


def test_a_folder_that_is_no_model_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no model of a run"):
        load_network(tmp_path)
