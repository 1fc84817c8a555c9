"""`harness work`: a worker beside others, from the command line."""

import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.cli.work import WORK_LEFT
from harness.run.claims import CLAIMS
from harness.run.limits import seconds_of_limit
from harness.store import Home, is_locked
from tests.made.kills import state_of, wait_for_curves
from tests.made.studies import edit, plan_of, start, work_of
from tests.made.workers import start_worker


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("90m", 5400),
        ("90 min", 5400),
        ("1.5h", 5400),
        ("2d", 172800),
        ("3:50h", 13800),
        ("3:50:00", 13800),
        ("1-12:00:00", 129600),
    ],
)
def test_a_time_limit_is_written_as_people_and_slurm_write_it(text: str, seconds: float) -> None:
    assert seconds_of_limit(text) == seconds


@pytest.mark.parametrize("text", ["", "4", "3:50", "h", "3:5h", "-1h", "1:2:3:4"])
def test_what_is_no_time_limit_is_refused_with_those_that_are(text: str, tiny: Path) -> None:
    with pytest.raises(ValueError, match="--limit"):
        seconds_of_limit(text)
    outcome = CliRunner().invoke(app, ["work", str(tiny), f"--time-limit={text}"])
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"--time-limit {text}: write 90s, 30m, 3.5h, 3:50h")


def test_a_worker_that_is_told_to_stop_saves_and_gives_back_and_another_goes_on(
    home: Home, tiny: Path
) -> None:
    edit(tiny, "epochs: 2", "epochs: 200")
    worker = start_worker(tiny)
    try:
        wait_for_curves(worker, home)
        worker.send_signal(signal.SIGUSR1)
        printed = worker.communicate(timeout=300)[0]
    finally:
        worker.kill()
    assert worker.returncode == WORK_LEFT, printed
    assert "it was sent SIGUSR1; the same command goes on" in printed
    assert "4 are left for the next `harness work" in printed
    assert "Traceback" not in printed
    assert not any(is_locked(lock) for lock in (home.hidden / CLAIMS).glob("*.lock"))
    assert "RUNNING" not in state_of(home)["statuses"]
    (unfinished,) = home.store("fits").root.glob("*.partial")
    assert (unfinished / "state.safetensors").exists()
    edit(tiny, "epochs: 200", "epochs: 2")
    beside = start_worker(tiny, "--stay")
    plain = start(tiny)
    printed = beside.communicate(timeout=300)[0] + plain.communicate(timeout=300)[0]
    assert (beside.returncode, plain.returncode) == (0, 0), printed
    finished = state_of(home)["finished"]
    assert len(finished) == len(set(finished)) == 4
    assert work_of(plan_of(tiny, home)) == {"fits": 0, "trials": 0}
    third = start_worker(tiny)
    printed = third.communicate(timeout=300)[0]
    assert third.returncode == 0
    assert printed == "tiny: nothing to do: every trial is done\n"
