"""How long the dashboard takes on ten thousand runs: its first page, another page, and the change of a filter."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.spec.values import Trial
from harness.store import Home
from harness.study.load import Study
from tests.made.recorded import fill, scores, study_at  # how a database is filled without training

ROOT = Path(__file__).resolve().parent.parent

STUDY = """
name: big
question: Which loss, encoder and patch serve which tissue?
seeds: {seeds}
base:
  fit:
    train_on: {{name: phantom}}
    net: {{arch: unet, encoder: resnet18}}
    method: {{name: supervised}}
grid:
  fit.train_on.style: [lucchi, vnc, snemi, kasthuri, mitoem_r]
  fit.method.loss: [bce, dice, bce_dice, ce]
  fit.net.encoder: [resnet18, resnet34, resnet50, vgg11, efficientnet-b0]
  fit.patch: [32, 64, 96, 128, 160]
compare:
  - {{name: loss, primary: true, metric: dice, by: fit.method.loss, against: bce, unit: seed}}
"""
ROUNDS = 5


def big(folder: Path, seeds: int) -> Study:
    """A home with 500 runs for each seed, four images and four metrics each."""
    home = Home(folder)
    study = study_at(home, STUDY.format(seeds=seeds), "big.yaml")
    fill(home, study, scores(_dice))
    return study


def _dice(trial: Trial) -> float:
    return 0.5 + trial.fit.patch / 1000 + 0.001 * trial.fit.seed


def visit() -> Any:
    """The first page, as a browser's first request would run it."""
    from streamlit.testing.v1 import AppTest

    return AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120).run()


def answered() -> Any:
    """What the first page asks for when it stands; then the page with it."""
    from dashboard.ask.answers import answers
    from dashboard.read import records

    answers(records.found("big"))
    return visit()


def changed(at: Any, key: str, level: str) -> Any:
    """A page after one of its filters was changed."""
    at.selectbox(key=key).select(level)
    return at.run()


def measure() -> None:
    """One fresh server: prints seconds of each step."""
    began = time.perf_counter(), time.process_time()
    from streamlit.testing.v1 import AppTest  # noqa: F401

    import harness.judge.answer
    import harness.report.write  # noqa: F401
    from dashboard.read import records  # noqa: F401  what the server loads once, before or with its first visitor

    times = {"loading libraries": spent(began)}

    def timed(name: str, action: Any, *args: Any) -> Any:
        start = time.perf_counter(), time.process_time()
        done = action(*args)
        times[name] = spent(start)
        assert not [*done.exception, *done.error], name
        return done

    at = timed("first page, nothing in memory", visit)
    timed("its answer, while the page is being read", answered)
    timed("first page again", visit)
    timed("Compare", lambda: at.switch_page("pages/2_compare.py").run())
    at.segmented_control(key="ask").set_value("your own")
    timed("Compare, a question of one's own", at.run)
    timed("Compare, another factor", changed, at, "by", "fit.net.encoder")
    timed("Compare, another metric", changed, at, "metric", "iou")
    timed("Compare, narrowed down", changed, at, "only-fit.patch", "64")
    timed("Factors", lambda: at.switch_page("pages/3_factors.py").run())
    timed("Factors, another factor", changed, at, "across", "fit.patch")
    timed("Run", lambda: at.switch_page("pages/6_run.py").run())
    timed("Run, narrowed down", changed, at, "fit.patch", "96")
    for name, (seconds, work) in times.items():
        print(f"{seconds:.3f}\t{work:.3f}\t{name}")


def spent(since: tuple[float, float]) -> tuple[float, float]:
    """Seconds by the clock and of work, which a busy machine does not change."""
    return time.perf_counter() - since[0], time.process_time() - since[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--home", type=Path, help="a home that was filled before, or is to be kept")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure()
        return
    with tempfile.TemporaryDirectory() as scratch:
        home = asked.home or Path(scratch)
        if not (home / "mlflow.db").exists():
            home.mkdir(parents=True, exist_ok=True)
            big(home, asked.runs // 500)
        found: dict[str, list[tuple[float, float]]] = {}
        for _ in range(asked.rounds):
            env = {**os.environ, "HARNESS_HOME": str(home)}
            words = [sys.executable, "-m", "benchmarks.dashboard", "--measure"]
            done = subprocess.run(
                words, capture_output=True, text=True, env=env, check=True, cwd=ROOT
            )
            for line in done.stdout.splitlines():
                seconds, work, name = line.split("\t")
                found.setdefault(name, []).append((float(seconds), float(work)))
    for name, pairs in found.items():
        clock, work = ([pair[i] for pair in pairs] for i in (0, 1))
        span = f"({min(clock):.2f} to {max(clock):.2f})"
        print(
            f"{statistics.median(clock):6.2f} s {span}, {statistics.median(work):.2f} s of work  {name}"
        )


if __name__ == "__main__":
    main()
