"""What is to be run is built first, without weights: what cannot work is a mistake of the study."""

import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.run.dispatch import dispatch
from harness.run.engines import processes
from harness.run.events import Ended
from harness.run.jobs import Job, Outcome, circumstances
from harness.run.limits import Limits
from harness.run.plan import Plan
from harness.run.slots import Slot
from harness.spec.keys import digest
from harness.spec.states import State
from harness.spec.values import Steps, Trial
from harness.spec.walk import parts_in
from harness.store import Home, read_json, write_json
from harness.study.document import Mistakes
from harness.study.load import Study
from harness.study.places import problem_of_trial

KIND = "build"  # of the job
PATIENCE = 300.0  # seconds for all that a plan builds
MODULES = ["harness.run.worker"]  # what the process loads that builds


@dataclass(frozen=True)
class Built:
    """What building the networks of a plan has told; a note where that came to nothing."""

    note: str = ""
    weights: Mapping[str, int] = field(default_factory=dict)  # bytes, by the key of a network


@dataclass(frozen=True)
class _Noted:
    """What was built before: the keys of trials, and how large the weights of networks are."""

    keys: tuple[str, ...] = ()
    weights: Mapping[str, int] = field(default_factory=dict)


def check_building(plan: Plan, home: Home) -> Built:
    """Builds the trials of a plan that are to be run; `Mistakes` where some cannot be built.

    The note is a sentence where the building itself came to nothing, which proves nothing. What was
    built before is not built again.
    """
    before = _built_before(home)
    trials: dict[str, Trial] = {}
    for planned in plan.todo:
        if planned.action == "run":
            trials.setdefault(build_key(planned.cell.trial), planned.cell.trial)
    new = {key: trial for key, trial in trials.items() if key not in before.keys}
    if not new:
        return Built(weights=before.weights)
    outcome = _build(plan.study, list(new.values()), home)
    if outcome.state != State.FINISHED:
        return Built(f"not built before it runs: {outcome.error}", before.weights)
    _raise_problems(plan.study, outcome.result["problems"])
    weights = {**before.weights, **outcome.result["weights"]}
    _note_built(home, _Noted((*before.keys, *new), weights))
    return Built(weights=weights)


def build_key(trial: Trial) -> str:
    """What decides whether a trial can be built: all of it but the seeds, and the code."""
    code = set()
    for part in parts_in(trial):
        code.add((part.name, part.component.facts.version, part.component.digest or ""))
    return digest([without_seeds(trial.to_plain()), sorted(code)])


def without_seeds(value: Any) -> Any:
    """A plain value without any setting that is called `seed`."""
    if isinstance(value, Mapping):
        return {name: without_seeds(inner) for name, inner in value.items() if name != "seed"}
    if isinstance(value, list):
        return [without_seeds(inner) for inner in value]
    return value


def _build(study: Study, trials: list[Trial], home: Home) -> Outcome:
    """Builds trials in a process of its own, where a component that crashes does no harm."""
    values = [{"trial": trial.to_plain(), "key": trial.key} for trial in trials]
    value = {"trials": values, "home": str(home.folder), **circumstances()}
    job = Job(KIND, KIND, f"building {study.name}", value)
    with tempfile.TemporaryDirectory() as folder:
        engine = processes(Path(folder), [Slot("cpu", threads=1)], MODULES, limits=Limits(PATIENCE))
        for event in dispatch(engine, [job], Home(Path(folder))):
            if isinstance(event, Ended):
                return event.outcome
    raise RuntimeError("a job ended without an outcome")


def _raise_problems(study: Study, problems: Mapping[str, Iterable[Any]]) -> None:
    """Raises what is wrong with the trials of a study, each sentence once, at its place."""
    steps_of_text: dict[str, Steps] = {}
    for of_trial in problems.values():
        for steps, text in of_trial:
            steps_of_text.setdefault(text, tuple(steps))
    if steps_of_text:
        raise Mistakes(
            [problem_of_trial(study, steps_of_text[text], text) for text in steps_of_text]
        )


def _note_path(home: Home) -> Path:
    return home.hidden / "built.json"


def _built_before(home: Home) -> _Noted:
    """What could be built; an earlier version noted the keys of trials alone."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        noted = read_json(_note_path(home))
        if isinstance(noted, list):
            return _Noted(tuple(map(str, noted)))
        weights = {str(key): int(size) for key, size in noted["weights"].items()}
        return _Noted(tuple(map(str, noted["built"])), weights)
    return _Noted()


def _note_built(home: Home, noted: _Noted) -> None:
    """Notes what could be built, where the home is in use: a plan alone makes none."""
    if home.hidden.exists():
        with suppress(OSError):
            value = {"built": list(noted.keys), "weights": dict(noted.weights)}
            write_json(_note_path(home), value)
