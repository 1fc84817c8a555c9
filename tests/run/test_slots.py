"""How many jobs at once, and that this does not change what comes of them."""

import os
from pathlib import Path
from typing import Any

import pytest

from harness.run.inline import inline
from harness.run.jobs import Job
from harness.run.slots import Slot, slots_here, threads_of_a_fit


@pytest.mark.parametrize(
    ("cores", "slots", "threads"),
    [(1, 1, 1), (2, 2, 1), (4, 4, 1), (8, 4, 2), (64, 32, 2)],
)
def test_a_fit_has_as_many_threads_whatever_runs_beside_it(
    cores: int, slots: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def affinity(pid: int) -> set[int]:
        return set(range(cores))

    monkeypatch.setattr(os, "sched_getaffinity", affinity)
    slot = Slot("cpu", threads=threads)
    assert slots_here(None, "cpu") == [slot] * slots
    for count in (1, 2, 3, 100):
        assert slots_here(count, "cpu") == [slot] * count
    assert threads_of_a_fit() == threads


def test_without_processes_a_fit_has_the_same_threads(tmp_path: Path) -> None:
    seen: list[int | None] = []

    def work(
        kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
    ) -> dict[str, Any]:
        seen.append(threads)
        return {"state": "finished"}

    engine = inline(tmp_path, "cpu", work)
    engine.submit(Job("a", "fit", "a fit", {}))
    for _ in range(2):
        engine.events(0)
    assert seen == [threads_of_a_fit()]
