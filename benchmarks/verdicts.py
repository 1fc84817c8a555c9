"""Whether the verdicts of a laptop study hold where its numbers do not: with other threads, whose
sums round differently, and behind other pretrainings or other pictures.

Each variant is a whole run in a home of its own: `python -m benchmarks.verdicts saliency skips`.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from benchmarks.text_table import print_heading
from harness.judge.answer import judge
from harness.record.table import table
from harness.record.tracker import Tracker, uri
from harness.run.carry_out import run
from harness.run.engines import processes
from harness.run.fingerprints import with_fingerprints
from harness.run.plan import modules_to_load, plan
from harness.run.slots import Slot
from harness.store import Home
from harness.study.document import read
from harness.study.load import Study, load_study

STUDIES = Path(__file__).parents[1] / "studies"
OFFSET = 1000  # from the seeds of a study to those of a variant
CORES = 2

Raw = dict[str, Any]


def as_it_ships(raw: Raw) -> Raw:
    """The study as it ships."""
    return raw


def with_other_pretrainings(raw: Raw) -> Raw:
    """The study of saliency with the same fine-tunings, each behind another pretraining.

    `keep` leaves the kernels of the photographs as they stand, and so both arms name the fit of the
    pretraining at one path, whose seed can then be an axis.
    """
    photographs, uniform = raw["grid"]["fit.init"]
    as_they_stand = {"name": "keep", "of": uniform["of"], "label": photographs["label"]}
    seeds = raw.pop("seeds")
    raw["grid"]["fit.init"] = [as_they_stand, uniform]
    raw["zip"] = {"fit.seed": seeds, "fit.init.of.fit.seed": offset_seeds(seeds)}
    return raw


def with_other_draws(raw: Raw) -> Raw:
    """The study of skips on other pictures and from other starts."""
    for path in ("fit.seed", "fit.train_on.draw", "test_on.draw"):
        raw["zip"][path] = offset_seeds(raw["zip"][path])
    return raw


def offset_seeds(seeds: Sequence[int]) -> list[int]:
    return [seed + OFFSET for seed in seeds]


# The variants of a study: their names, the threads of a fit, and what is changed in the file.
Variants = dict[str, tuple[int, Callable[[Raw], Raw]]]
VARIANTS: dict[str, Variants] = {
    "saliency": {
        "one thread": (1, as_it_ships),
        "two threads": (2, as_it_ships),
        "other pretrainings": (1, with_other_pretrainings),
    },
    "skips": {
        "one thread": (1, as_it_ships),
        "two threads": (2, as_it_ships),
        "other draws": (1, with_other_draws),
    },
}


def study_at(name: str, change: Callable[[Raw], Raw], home: Home) -> Study:
    """The study of this name as a variant changes it, in a file of the home."""
    raw = read(STUDIES / f"{name}.yaml").value
    file = home.folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(change(raw), sort_keys=False))
    return with_fingerprints(load_study(file), home)


def carry_out(study: Study, home: Home, threads: int) -> Tracker:
    """Runs what is missing of a study, with so many threads for each fit."""
    tracker = Tracker(uri(home), home)
    tracker.prepare()
    planned = plan(study, home, tracker.runs())
    slots = [Slot("cpu", threads=threads)] * (CORES // threads)
    engine = processes(home.folder, slots, modules_to_load(planned))
    run(planned, home, tracker, engine, lambda progress, outcome: None, slots=len(slots))
    return tracker


def answers(study: Study, tracker: Tracker) -> Iterator[tuple[str, str]]:
    """The name of each comparison with its outcomes, and the sentence that says them."""
    runs, rows = table(tracker, study.name)
    for verdict in judge(study, runs, rows).verdicts:
        outcomes = [contrast.outcome for contrast in verdict.contrasts]
        primary = " (primary)" if verdict.comparison.primary else ""
        yield f"{verdict.comparison.name}{primary}: {', '.join(outcomes)}", verdict.sentence


def report_on(name: str, variants: Sequence[str], folder: Path) -> None:
    """Runs variants of a study, and says whether the primary outcomes are the same."""
    primary: dict[str, list[str]] = {}
    for variant, (threads, change) in VARIANTS[name].items():
        if variant not in variants:
            continue
        home = Home(folder / name / variant.replace(" ", "-"))
        home.hidden.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        study = study_at(name, change, home)
        tracker = carry_out(study, home, threads)
        print_heading(f"{name}, {variant}: {time.perf_counter() - began:.0f} s")
        primary[variant] = []
        for outcome, sentence in answers(study, tracker):
            print(f"  {outcome}\n    {sentence}", flush=True)
            if "(primary)" in outcome:
                primary[variant].append(outcome)
    distinct = {tuple(outcomes) for outcomes in primary.values()}
    same = "are the same" if len(distinct) == 1 else "DIFFER"
    print_heading(f"{name}: the primary outcomes of {len(primary)} variants {same}")


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("studies", nargs="*", default=list(VARIANTS), metavar="STUDY")
    names = sorted(set().union(*VARIANTS.values()))
    parser.add_argument("--variants", nargs="+", default=names, choices=names)
    parser.add_argument("--home", type=Path, help="where runs are kept; a run goes on there")
    options = parser.parse_args()
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    with tempfile.TemporaryDirectory() as folder:
        for name in options.studies:
            report_on(name, options.variants, options.home or Path(folder))


if __name__ == "__main__":
    main()
