"""Weights of a file: known by their bytes, refused where they are missing, unsafe or do not fit."""

from pathlib import Path
from typing import Any

import pytest
import torch

from harness.run.fingerprints import with_fingerprints
from harness.spec.values import Fit
from harness.store import Home, save_tensors
from harness.study.document import Mistakes
from harness.study.load import load_study
from harness.train.build import as_function, build_net
from harness.train.weights import load_into
from tests.made.networks import fit_of

FILE_STUDY = """
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, slices: 3}
    patch: 32
    init: {name: file, path: PATH}
"""


def fit_from_file(weights: Path, home: Home) -> Fit:
    """Returns the fit of a study that names a file of weights, as it would be run."""
    study = weights.with_suffix(".yaml")
    study.write_text(FILE_STUDY.replace("PATH", str(weights)))
    return with_fingerprints(load_study(study), home).cells[0].trial.fit


def network() -> Any:
    return build_net(fit_of().net, 3, 1)


def test_weights_of_a_file_are_known_by_their_bytes(home: Home, tmp_path: Path) -> None:
    torch.manual_seed(3)
    net = network()
    first = tmp_path / "mine.safetensors"
    save_tensors(first, net.state_dict())
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(first.read_bytes())
    second = tmp_path / "other.safetensors"
    larger = {name: value + 1 for name, value in net.state_dict().items()}
    save_tensors(second, larger)
    fit_of_second = fit_from_file(second, home)
    keys = [fit_from_file(first, home).key, fit_from_file(copy, home).key]
    assert keys[0] == keys[1] != fit_of_second.key
    fresh = network()
    as_function(fit_of_second.init, home)(fresh)
    torch.testing.assert_close(fresh.head.weight, net.head.weight + 1)


def test_a_file_that_is_missing_or_a_pickle_is_refused(home: Home, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(FILE_STUDY.replace("PATH", "none.st"))
    with pytest.raises(Mistakes, match=r"no file none\.st; paths are relative"):
        with_fingerprints(load_study(study), home)
    pickle = tmp_path / "weights.pt"
    torch.save({"weight": torch.ones(2)}, pickle)
    init = fit_of(init={"name": "file", "path": str(pickle)}).init
    with pytest.raises(ValueError, match="no safetensors file, the only kind that runs no code"):
        as_function(init, home)(network())


def test_what_differs_is_said() -> None:
    five_slices = build_net(fit_of().net, 5, 1)
    message = r"3 inputs there, 5 here; spread them with an init around this one"
    with pytest.raises(ValueError, match=message):
        load_into(five_slices, network().state_dict(), "all")
    with pytest.raises(ValueError, match="no weight of the other network has a place"):
        load_into(five_slices, {"strange": torch.ones(1)}, "matching")
