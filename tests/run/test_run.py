"""A study is run, stopped, changed and run again; each trial is recorded once and nothing is done twice."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.record.table import table
from harness.record.tracker import Tracker, metrics, uri
from harness.run.carry_out import Ended, run
from harness.run.engines import Job, Outcome, inline, processes
from harness.run.fingerprints import identified
from harness.run.plan import Plan, jobs, plan
from harness.run.slots import Slot
from harness.store import Home, read_json
from harness.study.load import load_study

HARNESS = [sys.executable, "-m", "harness.cli.main"]


def planned(file: Path, home: Home, retry: str | None = None) -> Plan:
    tracker = Tracker(uri(home), home)
    return plan(load_study(file), home, tracker.runs(), retry)


def carried_out(file: Path, home: Home, retry: str | None = None) -> Ended:
    tracker = Tracker(uri(home), home)
    tracker.prepare()
    made = planned(file, home, retry)
    return run(made, home, tracker, inline(home.folder, "cpu"), lambda p, o: None)


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def doing(made: Plan) -> dict[str, int]:
    return {"fits": len(made.training), "trials": len(made.todo)}


def test_a_study_runs_once_and_a_rerun_does_only_what_changed(home: Home, tiny: Path) -> None:
    assert doing(planned(tiny, home)) == {"fits": 4, "trials": 4}
    ended = carried_out(tiny, home)
    assert (ended.count("finished"), ended.recorded) == (4, 4)
    assert doing(planned(tiny, home)) == {"fits": 0, "trials": 0}
    edited(tiny, "question:", "# a comment\nquestion:")
    assert doing(planned(tiny, home)) == {"fits": 0, "trials": 0}
    edited(tiny, "seeds: 2", "seeds: 3")
    more = planned(tiny, home)
    assert doing(more) == {"fits": 2, "trials": 2}
    assert {t.cell.levels["fit.seed"] for t in more.todo} == {"2"}
    edited(tiny, "seeds: 3", "seeds: 2")
    edited(tiny, "lr: 1e-3", "lr: 2e-3")
    changed = planned(tiny, home)
    assert doing(changed) == {"fits": 4, "trials": 4}
    assert {t.reason for t in changed.todo} == {"fit.method.lr: 0.001 -> 0.002"}
    edited(tiny, "lr: 2e-3", "lr: 1e-3")
    edited(tiny, "grid:", "  probes: [{name: segmentation, threshold: 0.4}]\ngrid:")
    assert doing(planned(tiny, home)) == {
        "fits": 0,
        "trials": 4,
    }  # measured again, not trained again


def test_what_is_recorded_is_what_a_stranger_needs(home: Home, tiny: Path) -> None:
    carried_out(tiny, home)
    tracker = Tracker(uri(home), home)
    runs = tracker.runs("tiny")
    assert {run.status for run in runs} == {"FINISHED"}
    one = runs[0]
    assert one.name == "method loss bce_dice · seed 0"
    assert one.params["fit.net.width"] == "2"
    assert one.params["fit.method.loss"] == "bce_dice"
    numbers = metrics(tracker, "tiny")[one.id]
    assert {"dice", "volume_dice", "loss/net", "watch", "seconds/fit", "steps"} <= numbers.keys()
    with sqlite3.connect(home.database) as db:
        curve = db.execute(
            "SELECT step FROM metrics WHERE run_uuid = ? AND key = 'loss/net'", (one.id,)
        ).fetchall()
        inputs = db.execute(
            "SELECT COUNT(*) FROM inputs WHERE destination_id = ?", (one.id,)
        ).fetchone()
    assert sorted(step for (step,) in curve) == [1, 2]
    assert inputs == (2,)
    place = home.hidden / "artifacts" / "tiny" / one.id / "artifacts"
    names = {str(p.relative_to(place)) for p in place.rglob("*") if p.is_file()}
    assert {
        "rows.parquet",
        "trial.json",
        "weights.safetensors",
        "history.json",
        "packages.txt",
    } <= names
    assert any(name.startswith("figures/") for name in names)


def test_the_table_has_every_image_of_every_run(home: Home, tiny: Path) -> None:
    carried_out(tiny, home)
    runs, rows = table(Tracker(uri(home), home), "tiny")
    assert len(runs) == 4
    assert set(runs["fit.method.loss"]) == {"bce_dice", "ce"}
    per_image = rows[(rows.metric == "dice")]
    assert per_image.groupby("run").image.nunique().tolist() == [per_image.image.nunique()] * 4


def test_two_trials_share_the_fit_they_start_from(home: Home, tiny: Path) -> None:
    upstream = "{name: trained, fit: {train_on: {name: phantom, style: vnc, slices: 4, size: 48}, patch: 32, steps: 2}}"
    edited(tiny, "  fit.method.loss: [bce_dice, ce]", f"  fit.init: [random, {upstream}]")
    edited(tiny, "by: fit.method.loss, against: ce", "by: fit.init, against: random")
    made = planned(tiny, home)
    assert doing(made) == {"fits": 5, "trials": 4}
    ended = carried_out(tiny, home)
    assert ended.count("finished", "fit") == 5
    assert ended.count("finished") == 4
    assert len({f.fit.key for f in made.fits}) == 5


def test_a_diverged_trial_is_kept_and_counted(home: Home, tiny: Path) -> None:
    edited(tiny, "lr: 1e-3", "lr: 1e30, optimiser: sgd")
    ended = carried_out(tiny, home)
    diverged = ended.count("diverged")
    assert diverged >= 2
    runs = Tracker(uri(home), home).runs("tiny")
    kept = [r for r in runs if r.state == "diverged"]
    assert len(kept) == diverged
    assert {r.status for r in kept} == {"FAILED"}
    assert "not a number at step" in kept[0].tags["harness.error"]
    assert doing(planned(tiny, home))["trials"] == 0
    again = planned(tiny, home, "diverged")
    assert doing(again) == {"fits": diverged, "trials": diverged}
    results = [home.store("trials").path(t.cell.trial.key) / "result.json" for t in again.todo]
    before = [read_json(path)["finished"] for path in results]
    assert carried_out(tiny, home, "diverged").count("diverged") == diverged
    assert all(read_json(path)["finished"] > old for path, old in zip(results, before, strict=True))
    newest = Tracker(uri(home), home).runs("tiny")
    assert len([r for r in newest if r.state == "diverged"]) == 2 * diverged
    assert doing(planned(tiny, home))["trials"] == 0


BROKEN = '''"""A network that cannot be built, for a test."""

from torch import nn

from harness.components.nets import net
from harness.spec.options import Count


@net(multiple=8)
def broken(channels: int, classes: int, *, width: Count = 8) -> nn.Module:
    """Fails."""
    raise RuntimeError("no such layer")
'''


@pytest.fixture
def broken() -> Any:
    import harness.components.nets
    from harness.spec.catalogue import catalogue

    file = Path(harness.components.nets.__file__).parent / "broken_for_a_test.py"
    file.write_text(BROKEN)
    catalogue.cache_clear()
    yield
    file.unlink()
    catalogue.cache_clear()


def test_one_failing_trial_does_not_stop_the_study(home: Home, tiny: Path, broken: None) -> None:
    edited(tiny, "  fit.method.loss: [bce_dice, ce]", "  fit.net.arch: [tiny_unet, broken]")
    edited(tiny, "by: fit.method.loss, against: ce", "by: fit.net.arch, against: tiny_unet")
    ended = carried_out(tiny, home)
    assert ended.count("finished") == 2
    assert ended.count("failed", "fit") == 2
    assert "no such layer" in ended.failures[0].error
    assert {o.state for o in ended.outcomes if o.job.kind == "trial"} == {"finished", "skipped"}
    assert doing(planned(tiny, home)) == {"fits": 2, "trials": 2}  # a failure is never cached
    assert doing(planned(tiny, home, "failed")) == {"fits": 2, "trials": 2}
    failed = [r for r in Tracker(uri(home), home).runs("tiny") if r.state == "failed"]
    assert len(failed) == 2
    assert "no such layer" in failed[0].tags["harness.error"]


def test_a_lost_database_is_filled_again_without_work(home: Home, tiny: Path) -> None:
    carried_out(tiny, home)
    for path in home.folder.glob("mlflow.db*"):
        path.unlink()
    made = planned(tiny, home)
    assert doing(made) == {"fits": 0, "trials": 4}
    assert {t.action for t in made.todo} == {"record"}
    again = started(tiny)  # another process: MLflow holds on to the deleted file in this one
    assert "0 fits trained; trials: none run; 4 recorded" in again.communicate(timeout=240)[0]


def test_runs_left_running_by_a_dead_process_are_closed(home: Home, tiny: Path) -> None:
    tracker = Tracker(uri(home), home)
    carried_out(tiny, home)
    with sqlite3.connect(home.database) as db:
        db.execute(
            "UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = ?",
            (tracker.runs()[0].id,),
        )
    assert doing(planned(tiny, home))["trials"] == 1
    ended = carried_out(tiny, home)
    assert ended.recorded == 1
    assert sorted(run.status for run in tracker.runs()) == ["FINISHED"] * 4 + ["KILLED"]


def test_a_folder_or_garbage_for_a_database_is_refused_at_once(home: Home) -> None:
    tracker = Tracker(uri(home), home)
    home.database.mkdir()
    with pytest.raises(ValueError, match="is a folder"):
        tracker.prepare()
    home.database.rmdir()
    home.database.write_bytes(b"garbage, not SQLite")
    with pytest.raises(ValueError, match="is not an SQLite database"):
        tracker.prepare()


def chain(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
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
    return Job(name, "fit", name, {"name": name, **value}, frozenset(needs))


def outcomes(folder: Path, listed: list[Job], slots: list[Slot]) -> dict[str, Outcome]:
    found = processes(folder, slots, [])(listed, chain, lambda j, s: None)
    return {o.job.key: o for o in found}


def test_processes_keep_order_survive_kills_and_skip_what_needs_a_failure(tmp_path: Path) -> None:
    listed = [
        job("last", ("middle",)),
        job("middle", ("first",)),
        job("first"),
        job("fragile", dies=2),
        job("doomed", dies=99),
        job("failing", fails=True),
        job("after", ("failing",)),
        job("later", ("after",)),
    ]
    found = outcomes(tmp_path, listed, [Slot("cpu"), Slot("cpu")])
    assert {k: o.state for k, o in found.items()} == {
        "first": "finished", "middle": "finished", "last": "finished", "fragile": "finished",
        "doomed": "failed", "failing": "failed", "after": "skipped", "later": "skipped",
    }  # fmt: skip
    assert list(found).index("first") < list(found).index("middle") < list(found).index("last")
    assert found["fragile"].lives == 3
    assert (
        found["doomed"].error == "the worker ended without an answer (killed by SIGKILL), 3 times"
    )
    assert found["failing"].error == "as asked"
    assert "ValueError: as asked" in found["failing"].trace


def test_each_slot_sees_its_own_gpu(tmp_path: Path) -> None:
    slots = [Slot("cuda", "0"), Slot("cuda", "3"), Slot("cuda", "3")]
    found = outcomes(tmp_path, [job(f"j{i}") for i in range(6)], slots)
    assert {o.result["visible"] for o in found.values()} == {"0", "3"}
    assert len({o.result["pid"] for o in found.values()}) == 6


def started(tiny: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*HARNESS, "run", str(tiny), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def state_of(home: Home) -> dict[str, Any]:
    tracker = Tracker(uri(home), home)
    runs = tracker.runs()
    final = {}
    for found in runs:
        if found.status == "FINISHED":
            numbers = metrics(tracker, found.study)[found.id]
            final[found.key] = {k: v for k, v in numbers.items() if not k.startswith("seconds/")}
    return {
        "statuses": sorted({run.status for run in runs}),
        "finished": sorted(run.key for run in runs if run.status == "FINISHED"),
        "metrics": final,
        "partial": [
            str(p) for kind in ("fits", "trials") for p in home.store(kind).root.glob("*.partial")
        ],
    }


def test_two_runs_of_one_study_at_once_share_the_work(home: Home, tiny: Path) -> None:
    both = [started(tiny), started(tiny)]
    printed = [process.communicate(timeout=240)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], printed
    found = state_of(home)
    assert len(found["finished"]) == len(set(found["finished"])) == 4
    assert found["statuses"] == ["FINISHED"]
    assert found["partial"] == []
    trained = [line for text in printed for line in text.splitlines() if "trained" in line]
    assert len(trained) == 2
    logs = list((home.hidden / "logs").glob("*.log"))
    assert len(logs) == 8  # four fits and four trials were made, whoever made them
    assert len(list(home.store("fits").root.glob("*/fit.json"))) == 4


def kills(tiny: Path, home: Home, count: int, rng: random.Random) -> None:
    """Starts the study and kills it, or one of its workers, until it has been done `count` times."""
    done = 0
    while done < count:
        process = started(tiny)
        time.sleep(rng.uniform(1.0, 12.0))
        if (
            process.poll() is not None
        ):  # it was faster: forget a result, so that there is something to kill
            done += 1
            continue
        victims = [process.pid] if rng.random() < 0.5 else _workers(process.pid) or [process.pid]
        os.kill(rng.choice(victims), signal.SIGKILL)
        done += 1
        if process.pid in victims:
            process.wait()
        else:
            process.communicate(timeout=240)


def _workers(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


@pytest.mark.parametrize("count", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_any_moment_a_study_ends_as_if_it_had_not_been(
    home: Home, tiny: Path, tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(tiny, "steps: 3", "steps: 12")
    edited(tiny, "epochs: 2", "epochs: 4")
    kills(tiny, home, count, random.Random(count))
    last = started(tiny)
    assert last.communicate(timeout=240)[0]
    assert last.returncode == 0
    found = state_of(home)
    assert len(found["finished"]) == len(set(found["finished"])) == 4
    assert "RUNNING" not in found["statuses"]
    assert found["partial"] == []
    whole = Home(tmp_path / "whole")
    monkeypatch.setenv("HARNESS_HOME", str(whole.folder))
    whole.folder.mkdir()
    assert started(tiny).wait(timeout=240) == 0
    assert state_of(whole)["metrics"] == found["metrics"]
    assert jobs(planned(tiny, whole)) == []


def test_a_study_on_files_of_ones_own_is_recorded_with_their_fingerprints(
    home: Home, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "raw.npy", rng.integers(0, 256, (6, 32, 32), dtype=np.uint8))
    np.save(tmp_path / "masks.npy", rng.integers(0, 2, (6, 32, 32), dtype=np.uint8))
    splits = "{train: [0, 3], validation: [3, 4], test: [4, 6]}"
    file = tmp_path / "own.yaml"
    file.write_text(
        "name: own\nquestion: Does it run?\nbase:\n  fit:\n"
        f"    train_on: {{name: volume, images: raw.npy, masks: masks.npy, splits: {splits}}}\n"
        "    net: {arch: tiny_unet, width: 2}\n    patch: 32\n    steps: 2\n    method: {name: supervised, epochs: 1}\n"
    )
    tracker = Tracker(uri(home), home)
    tracker.prepare()
    study = identified(load_study(file), home)
    ended = run(
        plan(study, home, tracker.runs()),
        home,
        tracker,
        inline(home.folder, "cpu"),
        lambda p, o: None,
    )
    assert ended.recorded == 1, [o.error for o in ended.failures]
    assert tracker.runs("own")[0].status == "FINISHED"
    with closing(sqlite3.connect(home.database)) as db:
        digests = [row[0] for row in db.execute("SELECT digest FROM datasets")]
    marks = [
        study.cells[0].trial.fit.train_on.options["fingerprint"],
        study.cells[0].trial.test_on.options["fingerprint"],
    ]
    assert sorted(digests) == sorted(mark[:36] for mark in marks)
