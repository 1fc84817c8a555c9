"""How long like jobs took."""

import json
from typing import Any

from harness.spec.values import Fit
from harness.store import Home
from harness.study.cells import Cell


def durations(home: Home) -> list[dict[str, Any]]:
    path = home.hidden / "durations.jsonl"
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines()[-5000:]:
        try:
            found.append(json.loads(line))
        except ValueError:  # a line cut short by a crash
            continue
    return found


def like_fit(fit: Fit) -> str:
    """What makes two fits take the same time: everything but seed, start and augmentation."""
    adapted = fit.adapt_to.key if fit.adapt_to else ""
    size = f"{fit.patch} {fit.batch} {fit.steps} {fit.precision} {fit.channels_last}"
    return f"{fit.train_on.key} {adapted} {fit.net.key} {fit.method.key} {size}"


def like_trial(cell: Cell) -> str:
    trial = cell.trial
    return " ".join([trial.fit.net.key, trial.test_on.key, *[p.key for p in trial.probes]])
