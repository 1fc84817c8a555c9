"""The pictures of the documentation, made by what they show, so that they stay true.

    python -m benchmarks.pictures                       # all of them: some minutes on two cores
    python -m benchmarks.pictures not-testable slurm    # some of them

`report` and `dashboard` show studies/saliency.yaml, which must have run in this home (`make run`).
Pictures of pages need a browser: pip install playwright, apt-get install chromium.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.terminal_picture import terminal_picture
from harness.stats.power import power
from harness.store import Home
from harness.store.files import write

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"

FIVE_SEEDS = """
name: five
question: Does Dice in the loss help?
seeds: 5
base:
  fit:
    train_on: {name: phantom, style: lucchi, slices: 8, size: 96}
    net: {arch: tiny_unet, slices: 3}
    method: {name: supervised, epochs: 6, lr: 3e-3}
    patch: 64
    batch: 4
    steps: 10
grid:
  fit.method.loss: [bce_dice, ce]
compare:
  - {name: loss, primary: true, metric: dice, by: fit.method.loss, against: ce, unit: seed}
"""
SHARED = FIVE_SEEDS.replace("name: five", "name: shared").replace("seeds: 5", "seeds: 6")
SHARED = SHARED.replace("slices: 8, size: 96", "slices: 6, size: 64").replace(
    "patch: 64", "patch: 48"
)
SHARED = SHARED.replace("arch: tiny_unet, slices: 3", "arch: tiny_unet, width: 8")
SHARED = SHARED.replace("epochs: 6, lr: 3e-3", "epochs: 8, lr: 1e-2")
SPLITS = "splits: {train: [0, 17], test: [17, 24]}, threshold: 127"
SHOWN_OF_SHEET = 0.507  # of its height: the first two of four rows
STACK = f"{{name: volume, images: raw, masks: masks, {SPLITS}}}"
SEEDS = range(3, 17)
SIZES = (1.0, 1.5, 2.0, 3.0)
COLOURS = ("#0072B2", "#009E73", "#D55E00", "#CC79A7")


def harness(folder: Path, *words: str) -> str:
    """What a command of harness prints in a folder that is its home too."""
    environment = {**os.environ, "HARNESS_HOME": str(folder), "PYTHONPATH": str(ROOT)}
    environment |= {"HARNESS_NO_BUILD": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return process.stdout


@contextmanager
def folder_with(study: str) -> Iterator[Path]:
    """A folder of its own with a study, gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "study.yaml").write_text(study)
        yield folder


def without_folder(output: str, folder: Path) -> str:
    """What was printed, with another name for a folder that is gone when it is read."""
    return output.replace(f"{folder}/", "").replace(str(folder), "/home/me/lab")


def picture_of_command(
    name: str, study: str, words: Sequence[str], *, title: str, marked: Sequence[str] = ()
) -> None:
    """Draws a terminal in which a command is called on a study."""
    with folder_with(study) as folder:
        output = without_folder(harness(folder, *words), folder)
    command = " ".join(["harness", *words])
    picture = terminal_picture(command, output, title=title, marked=marked)
    write(PICTURES / f"{name}.svg", picture)


def draw_not_testable() -> None:
    """The plan of a study that cannot show anything."""
    picture_of_command(
        "not-testable",
        FIVE_SEEDS,
        ["plan", "study.yaml"],
        title="harness plan says that five seeds cannot show a difference",
        marked=["not testable", "would do"],
    )


def draw_slurm() -> None:
    """Workers as batch jobs, on this machine in the place of Slurm."""
    picture_of_command(
        "slurm",
        SHARED,
        ["run", "study.yaml", "--on", "submitit", "--local", "--workers", "2"],
        title="harness run submits two workers and answers when they have ended",
        marked=["answer:"],
    )


def draw_how_many_seeds() -> None:
    """The chance to show a difference, over the number of seeds that pair."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "harness"  # the same picture has the same bytes
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.2, 3.8), layout="constrained")
    for size, colour in zip(SIZES, COLOURS, strict=True):
        chances = [_chance(size, count) for count in SEEDS]
        axes.plot(SEEDS, chances, "o-", color=colour, markersize=4, label=f"{size:g}")
    axes.axvspan(SEEDS[0] - 0.5, 5.5, color="#d0d7de", alpha=0.5, linewidth=0)
    axes.text(4.25, 0.5, "not testable", ha="center", rotation=90, color="#57606a")
    axes.axhline(0.8, color="#57606a", linewidth=0.8, linestyle="--")
    axes.set(xlim=(SEEDS[0] - 0.5, SEEDS[-1] + 0.5), ylim=(0, 1.03), xticks=list(SEEDS))
    axes.set_xlabel("seeds that pair")
    axes.set_ylabel("chance to show the difference")
    axes.legend(title="mean difference\n/ its spread", loc="center right", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURES / "how-many-seeds.svg", metadata={"Date": None})
    pyplot.close(figure)


def _chance(size: float, count: int) -> float:
    """The power of the test that seeds get which pair."""
    return power("permutation_paired", (count, count), size)


def draw_my_method() -> None:
    """The plan of the study that compares a method outside the package."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "examples" / "lab", folder / "lab")
        shutil.copy(ROOT / "examples" / "my_study.yaml", folder / "study.yaml")
        output = without_folder(harness(folder, "plan", "study.yaml"), folder)
    title = "harness plan of a study with a method outside the package"
    picture = terminal_picture(
        "harness plan study.yaml", output, title=title, marked=["fit.method"]
    )
    write(PICTURES / "my-method.svg", picture)


def draw_tutorial() -> None:
    """The first two looks of the tutorial: at the data, and at what the study can show."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, ROOT / "examples" / "make_stack.py"], cwd=folder, check=True
        )
        harness(folder, "init", "my_study.yaml", "--images", "raw", "--masks", "masks")
        harness(folder, "data", "preview", STACK, "--to", "sheet.png")
        with Image.open(folder / "sheet.png") as sheet:
            width, height = sheet.size
            first_rows = sheet.crop((0, 0, width, round(SHOWN_OF_SHEET * height)))
            first_rows.save(PICTURES / "tutorial-sheet.png", optimize=True)
        output = without_folder(harness(folder, "plan", "my_study.yaml"), folder)
    title = "harness plan says what a first study would train, and what it can show"
    picture = terminal_picture("harness plan my_study.yaml", output, title=title)
    write(PICTURES / "tutorial-plan.svg", picture)


def draw_report() -> None:
    """The report of the study that `make run` runs."""
    page = Home.here().folder / "reports" / "saliency" / "report.html"
    if not page.exists():
        raise FileNotFoundError(f"{page} is not there: `make run` makes it")
    with browser_page(height=1112) as window:
        window.goto(page.as_uri())
        window.screenshot(path=PICTURES / "report.png")


def draw_dashboard() -> None:
    """The page Compare of the same study."""
    from tests.dashboard.browser import start_server, wait_until_settled

    server, address = start_server(Home.here())
    try:
        with browser_page(height=940) as window:
            window.goto(f"{address}/compare?study=saliency")
            wait_until_settled(window)
            window.screenshot(path=PICTURES / "dashboard.png")
    finally:
        server.terminate()


@contextmanager
def browser_page(width: int = 1280, height: int = 900) -> Iterator[Any]:
    """A page of a real browser, in light colours."""
    from playwright.sync_api import sync_playwright

    from tests.dashboard.browser import ARGUMENTS, CHROMIUM

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        window = browser.new_page(color_scheme="light")
        window.set_viewport_size({"width": width, "height": height})
        yield window
        browser.close()


DRAWINGS: dict[str, Callable[[], None]] = {
    "not-testable": draw_not_testable,
    "how-many-seeds": draw_how_many_seeds,
    "slurm": draw_slurm,
    "my-method": draw_my_method,
    "tutorial": draw_tutorial,
    "report": draw_report,
    "dashboard": draw_dashboard,
}


def main(names: Sequence[str]) -> None:
    """Draws some pictures, or all of them."""
    for name in names or DRAWINGS:
        print(name, flush=True)
        DRAWINGS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
