"""Processes do jobs in order, survive kills, and skip what needs a failed one."""

import os
import signal
from pathlib import Path
from typing import Any

from harness.run.engines import processes
from harness.run.jobs import Job, Outcome
from harness.run.slots import Slot


def work_of_a_test(
    kind: str,
    value: dict[str, Any],
    folder: str,
    device: str,
    threads: int | None,
) -> dict[str, Any]:
    """A worker for tests: succeeds, fails, or kills itself as often as its value says."""
    count = Path(folder) / f"count-{value['name']}"
    lives = int(count.read_text()) if count.exists() else 0
    count.write_text(str(lives + 1))
    if value.get("dies", 0) > lives:
        os.kill(os.getpid(), signal.SIGKILL)
    if value.get("fails"):
        raise ValueError("as asked")
    return {
        "state": "finished",
        "visible": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "pid": os.getpid(),
    }


def job(name: str, needs: tuple[str, ...] = (), **value: Any) -> Job:
    value["name"] = name
    return Job(name, "fit", name, value, frozenset(needs))


def outcomes_of(folder: Path, jobs: list[Job], slots: list[Slot]) -> dict[str, Outcome]:
    """What came of these jobs, in the order in which they ended."""
    execute = processes(folder, slots, [])
    outcomes = {}
    for outcome in execute(jobs, work_of_a_test, lambda job, state: None):
        outcomes[outcome.job.key] = outcome
    return outcomes


def test_processes_keep_order_survive_kills_and_skip_what_needs_a_failure(tmp_path: Path) -> None:
    jobs = [
        job("last", ("middle",)),
        job("middle", ("first",)),
        job("first"),
        job("fragile", dies=2),
        job("doomed", dies=99),
        job("failing", fails=True),
        job("after", ("failing",)),
        job("later", ("after",)),
    ]
    outcomes = outcomes_of(tmp_path, jobs, [Slot("cpu"), Slot("cpu")])
    assert {name: outcome.state for name, outcome in outcomes.items()} == {
        "first": "finished",
        "middle": "finished",
        "last": "finished",
        "fragile": "finished",
        "doomed": "failed",
        "failing": "failed",
        "after": "skipped",
        "later": "skipped",
    }
    order = list(outcomes)
    assert order.index("first") < order.index("middle") < order.index("last")
    assert outcomes["fragile"].lives == 3
    death = "the worker ended without an answer (killed by SIGKILL), 3 times"
    assert outcomes["doomed"].error == death
    assert outcomes["failing"].error == "as asked"
    assert "ValueError: as asked" in outcomes["failing"].trace


def test_each_slot_sees_its_own_gpu(tmp_path: Path) -> None:
    slots = [Slot("cuda", "0"), Slot("cuda", "3"), Slot("cuda", "3")]
    jobs = [job(f"j{number}") for number in range(6)]
    cards = set()
    processes_used = set()
    for outcome in outcomes_of(tmp_path, jobs, slots).values():
        cards.add(outcome.result["visible"])
        processes_used.add(outcome.result["pid"])
    assert cards == {"0", "3"}
    assert len(processes_used) == 6
