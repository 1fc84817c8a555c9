"""Super-resolution and DAMT-Net on the real nerve cord: stack 1 cut in halves and labelled, stack 2
without a label.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from harness.measure.forward import logits_of
from harness.measure.setup import open_trial
from harness.spec.parse import read_trial
from harness.spec.values import LAST
from harness.store import Home, read_json
from harness.train import loop
from tests.made.fits import CPU

REAL = Path(os.environ.get("HARNESS_TEST_DATA", "data"))
needs_vnc = pytest.mark.skipif(
    not (REAL / "vnc/stack1").is_dir(),
    reason=f"HARNESS_TEST_DATA: the real VNC data are not in {REAL}",
)
FIT: dict[str, Any] = {
    "train_on": {"name": "vnc", "cuts": "halves"},
    "adapt_to": {"name": "vnc", "stack": 2, "split": "all"},
    "net": {"arch": "tiny_unet", "width": 4},
    "augment": ["flips"],
    "patch": 64,
    "batch": 4,
    "steps": 4,
}
METHODS: dict[str, dict[str, Any]] = {
    "super_resolution": {"epochs": [2, 2], "lr": [3e-3, 3e-3]},
    "damt": {"epochs": 2, "lr": 3e-3, "patch": 64},
}


@needs_vnc
@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_a_method_adapts_to_a_real_stack_without_labels(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(REAL))
    problems: list[Any] = []
    fit = {**FIT, "method": {"name": name, **METHODS[name]}}
    trial = read_trial({"fit": fit, "test_on": FIT["train_on"]}, problems)
    assert trial is not None, problems
    loop.fit(trial.fit, [LAST], home, CPU)
    history = read_json(home.store("fits").path(trial.fit.key) / "history.json")
    assert len(history) >= 2
    net, test = open_trial(trial, home, CPU)
    _, logits = next(logits_of(net, test.images))
    assert logits.shape[1:] == (1, 1024, 512)
    assert bool(logits.isfinite().all())
