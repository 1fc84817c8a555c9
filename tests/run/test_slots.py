"""How many jobs at once, and that this does not change what comes of them."""

import os

import pytest

from harness.run.slots import Slot, slots_here


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
