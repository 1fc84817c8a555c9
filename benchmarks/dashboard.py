"""How long the dashboard takes on ten thousand runs: the first page, every filter of every page."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.record.table import keep_rows
from harness.record.tracker import Tracker, uri
from harness.spec.values import Trial
from harness.store import Home
from harness.store.manifest import write_manifest
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
PAGES = (
    *("2_compare", "3_factors", "4_shift", "9_runs", "10_curves"),
    *("5_images", "6_run", "7_export", "1_studies"),
)
ROUNDS = 6  # in each third nobody has looked before, or no table is there, or both were kept
RUNS_OF_A_SEED = 500

Times = tuple[float, float]  # seconds by the clock, and of work, which a busy machine lets alone


def fill_big_study(folder: Path, seeds: int) -> Study:
    """Fills a home with 500 runs for each seed, four images and four metrics each."""
    home = Home(folder)
    study = study_at(home, STUDY.format(seeds=seeds), "big.yaml")
    fill(home, study, scores(_dice))
    for cell in study.cells:  # as a trial that was measured has one
        write_manifest(home.store("trials").path(cell.trial.key))
    return study


def keep_rows_as_run_does(home: Home) -> None:
    """Keeps the table of all that was measured, which `harness run` does every 500 results."""
    keep_rows(Tracker(uri(home), home), "big")


def _dice(trial: Trial) -> float:
    return 0.5 + trial.fit.patch / 1000 + 0.001 * trial.fit.seed


def visit() -> Any:
    """Draws the first page, as a browser's first request would have it drawn."""
    from streamlit.testing.v1 import AppTest

    return AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=120).run()


def answer_and_visit() -> Any:
    """Judges what the first page asks for when it stands; then draws the page with the answer."""
    from dashboard.ask.answers import answers
    from dashboard.read.records import runs_of

    answers(runs_of("big"))
    return visit()


def now() -> Times:
    return time.perf_counter(), time.process_time()


class Stopwatch:
    """Times the steps of a visit, and looks that none of them fails."""

    def __init__(self) -> None:
        self.times: dict[str, Times] = {}

    def note(self, name: str, start: Times) -> None:
        """Notes how long a step has taken that began at `start`."""
        clock, work = now()
        self.times[name] = (clock - start[0], work - start[1])

    def time(self, name: str, draw: Callable[[], Any]) -> Any:
        """Draws a page and notes how long it took; returns the page."""
        start = now()
        page = draw()
        self.note(name, start)
        assert not [*page.exception, *page.error], name
        return page


def time_filters(app: Any, page: str, stopwatch: Stopwatch) -> None:
    """Changes each list of a page to the option after its own, as the one before goes back."""
    for key in [box.key for box in app.selectbox]:
        if key not in [box.key for box in app.selectbox]:
            app.run()  # a filter was away while its setting was a factor
        box = app.selectbox(key=key)
        if key == "study" or len(box.options) < 2:
            continue
        index = box.index or 0
        box.select_index((index + 1) % len(box.options))
        stopwatch.time(f"{page}: {key}", app.run)
        app.selectbox(key=key).select_index(index)
    app.run()


def measure() -> None:
    """Visits the pages of one fresh server; prints the seconds of each step."""
    start = now()
    # what the server loads once, before or with its first visitor
    from streamlit.testing.v1 import AppTest  # noqa: F401

    import harness.judge.answer
    import harness.report.write  # noqa: F401
    from dashboard.read import records  # noqa: F401

    stopwatch = Stopwatch()
    stopwatch.note("loading libraries", start)
    first, then = "first page, never judged", "its answer after that"
    if (Home.here().hidden / "answers").exists():
        first, then = "first page with its answer, judged before", "all runs after that"
    elif not (Home.here().hidden / "tables").exists():
        then = "its answer where each file of a trial is opened"
    app = stopwatch.time(first, visit)
    stopwatch.time(then, answer_and_visit)
    stopwatch.time("first page again", visit)

    for file in PAGES:
        name = file.split("_")[1].capitalize()

        def switch(file: str = file) -> Any:
            return app.switch_page(f"pages/{file}.py").run()

        stopwatch.time(f"{name}: opened", switch)
        if name == "Compare":
            app.segmented_control(key="ask").set_value("your own")
            stopwatch.time(f"{name}: a question of one's own", app.run)
        time_filters(app, name, stopwatch)
    for name, (clock, work) in stopwatch.times.items():
        print(f"{clock:.3f}\t{work:.3f}\t{name}")


def times_of_server(home: Path) -> dict[str, Times]:
    """Measures one fresh server in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.dashboard", "--measure"]
    env = {**os.environ, "HARNESS_HOME": str(home)}
    outcome = subprocess.run(
        words, stdout=subprocess.PIPE, text=True, env=env, check=True, cwd=ROOT
    )
    times = {}
    for line in outcome.stdout.splitlines():
        clock, work, name = line.split("\t")
        times[name] = (float(clock), float(work))
    return times


def set_back(home: Path, number: int) -> None:
    """Removes what is kept, so that a server starts as after `harness run`, in each third round as
    in a home that came without tables; in each third it starts on what the last one has kept.
    """
    if number % 3 == 2:
        return
    for folder in ("answers", "tables"):
        shutil.rmtree(home / ".harness" / folder, ignore_errors=True)
    if number % 3 == 0:
        keep_rows_as_run_does(Home(home))


def print_times(name: str, times: list[Times]) -> None:
    """Prints the median and the range of a step over all rounds."""
    clock = [seconds for seconds, _ in times]
    work = [seconds for _, seconds in times]
    clock_median = statistics.median(clock)
    work_median = statistics.median(work)
    span = f"({min(clock):.2f} to {max(clock):.2f})"
    print(f"{clock_median:6.2f} s {span}, {work_median:.2f} s of work  {name}")


def print_pages(times_of_step: dict[str, list[Times]]) -> None:
    """Prints for each page the usual and the slowest of its filters, in seconds of work."""
    filters: dict[str, dict[str, float]] = {}
    for step, times in times_of_step.items():
        page, _, control = step.partition(": ")
        if control:
            work = statistics.median([seconds for _, seconds in times])
            filters.setdefault(page, {})[control] = work
    for page, work_of in filters.items():
        opened = work_of.pop("opened")
        line = f"{page}: opened {opened:.2f}"
        if work_of:
            slowest = max(work_of, key=work_of.__getitem__)
            median = statistics.median(work_of.values())
            line += f", {len(work_of)} changes {median:.2f}, slowest {slowest} "
            line += f"{work_of[slowest]:.2f}"
        print(line)


def main() -> None:
    """Fills a home if there is none, and measures a few fresh servers on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--home", type=Path, help="a home that was filled before, or is to be kept")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure()
        return
    with tempfile.TemporaryDirectory() as scratch:
        home = options.home or Path(scratch)
        if not (home / "mlflow.db").exists():
            home.mkdir(parents=True, exist_ok=True)
            fill_big_study(home, options.runs // RUNS_OF_A_SEED)
        times_of_step: dict[str, list[Times]] = {}
        for number in range(options.rounds):
            set_back(home, number)
            for name, times in times_of_server(home).items():
                times_of_step.setdefault(name, []).append(times)
    for name, all_times in times_of_step.items():
        print_times(name, all_times)
    print_pages(times_of_step)


if __name__ == "__main__":
    main()
