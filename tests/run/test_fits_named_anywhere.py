"""Fits that a probe, a pick, a perturbation or a prepare names: planned, trained once, kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.run.garbage import keys_kept_by
from harness.run.plan import jobs, plan
from harness.store import Home
from harness.study.load import load_study
from harness.train.build import as_function, checkpoint
from harness.train.loop import fit
from tests.made.fits import CPU, small_trial
from tests.made.outside import folder_of_components, write_component

LAB = '''
import torch

from harness.components.perturb import perturb
from harness.components.picks import pick
from harness.components.prepare import prepare
from harness.components.probes import probe
from harness.measure.rows import Row
from harness.spec.options import Network, Pick


@probe(metrics=("agreement",))
def agrees(net, test, *, fits: list[Network], pick: Pick = "last"):
    """Asks ready networks."""
    for other in fits:
        assert not other.training
        images = test.images.whole(torch.tensor([0]))
        yield Row("agreement", float((other(images) - net(images)).abs().mean()))


@pick
def by_network(net, data, *, fit: Network):
    """Asks a ready network."""
    assert data.target is None
    return float(fit(data.source.images.whole(torch.tensor([0]))).mean())


@perturb
def through(images, strength, rng, *, fit: Network):
    """Asks a ready network."""
    return images


@prepare
def translated(images, domains, *, fit: Network):
    """Asks a ready network."""
    return images.pixels.float() + float(fit(images.whole(torch.tensor([0]))).mean())
'''

OTHER = """{train_on: {name: phantom, style: vnc, slices: 4, size: 48}, patch: 32, batch: 2,
    steps: 2, method: {name: supervised, epochs: 1}}"""
STUDY = """
name: named
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, slices: 3, width: 2}
    method: {name: supervised, epochs: 1}
    patch: 32
    batch: 2
    steps: 2
"""
PLACES = {
    "probes": f"  probes: [{{name: agrees, fits: [{OTHER}]}}]\n",
    "pick": f"  pick: {{name: by_network, fit: {OTHER}}}\n",
    "perturb": f"  perturb: {{name: through, strength: 1, fit: {OTHER}}}\n",
    "prepare": f"  prepare: [{{name: translated, fit: {OTHER}}}]\n",
}


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "networks.py", LAB)
        yield folder


@pytest.mark.parametrize("place", PLACES)
def test_a_fit_is_planned_needed_and_kept_wherever_it_is_named(home: Home, place: str) -> None:
    file = home.folder / "named.yaml"
    file.write_text(STUDY + PLACES[place])
    study = load_study(file)
    trial = study.cells[0].trial
    study_plan = plan(study, home, [])
    (other,) = {planned.fit.key for planned in study_plan.fits} - {trial.fit.key}
    needs = {job.kind + job.key: job.needs for job in jobs(study_plan)}
    assert needs[f"trial{trial.key}"] == {other, trial.fit.key}
    assert needs[f"fit{trial.fit.key}"] == ({other} if place == "pick" else set())
    assert {other, trial.fit.key} <= keys_kept_by(trial)


def test_a_ready_network_is_that_of_the_checkpoint(home: Home) -> None:
    named = {"train_on": {"name": "phantom", "style": "vnc", "slices": 4, "size": 48}}
    small = {"patch": 32, "batch": 2, "steps": 2, "method": {"name": "supervised", "epochs": 1}}
    trial = small_trial(pick={"name": "by_network", "fit": {**named, **small}})
    (other, last), (own, pick) = trial.upstream
    fit(other, [last], home, CPU)
    fit(own, [pick], home, CPU)
    assert checkpoint(own, pick, home).exists()
    network = as_function(pick, home, CPU).keywords["fit"]  # type: ignore[attr-defined]
    assert not network.training
    assert not any(weight.requires_grad for weight in network.parameters())
    with pytest.raises(ValueError, match="may not have the network"):
        as_function(pick, home)
