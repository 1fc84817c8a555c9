"""Where a study's numbers come from: code, data, machines, and the rule that picked each
checkpoint.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.record.database import Run
from harness.spec.naming import why_hides_oracle
from harness.spec.values import Part, Trial
from harness.spec.walk import parts_in
from harness.study.load import Study
from harness.study.scores import Scores

PIECES_TAG = "harness.pieces"
MACHINE_TAGS = ("harness.host", "harness.machine", "harness.device")


@dataclass(frozen=True)
class Provenance:
    """Facts, warnings and a line for each run."""

    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    runs: tuple[dict[str, str], ...]


def provenance(study: Study, used: Sequence[Run], in_mlflow: str = "") -> Provenance:
    """The provenance of the runs that a study's numbers stand on; `in_mlflow` says where MLflow
    shows them.
    """
    if study.scores is not None:
        return _of_scores(study, study.scores, used)
    commits = Counter(_commit(run, "not from a git checkout") for run in used)
    dirty = sum("harness.dirty" in run.tags for run in used)
    code = _counts_text(commits)
    if dirty:
        code += f"; {dirty} with uncommitted changes"
    picks = Counter(_pick(run.params.get("pick", "")) for run in used)
    machines = Counter(map(_machine, used))
    facts = (
        ("study file", str(study.path)),
        ("code", code),
        ("checkpoints by", _counts_text(picks)),
        ("data", "; ".join(_data(used)) or "none"),
        ("machines", _counts_text(machines)),
        ("comparisons", study.design or "none"),
        *([("runs in MLflow", in_mlflow)] if in_mlflow else []),
    )
    lines = tuple(_line(study, run) for run in used)
    warnings = [*doubts_of_design(study), *_doubts(used, commits, dirty)]
    return Provenance(facts, tuple(warnings), lines)


def _of_scores(study: Study, scores: Scores, used: Sequence[Run]) -> Provenance:
    """The provenance of a table of what was trained and measured elsewhere."""
    facts = (
        ("study file", str(study.path)),
        ("results", f"trained and measured elsewhere: {scores.path}"),
        ("comparisons", study.design or "none"),
    )
    warning = "harness has seen no code, data or machine behind these results"
    return Provenance(facts, (warning,), tuple(_line(study, run) for run in used))


def _commit(run: Run, default: str) -> str:
    """The first digits of the commit that a run's code was at."""
    commit = run.tags.get("mlflow.source.git.commit", "")
    return commit[:10] or default


def _pick(label: str) -> str:
    """The rule that picked a checkpoint; an oracle's is marked."""
    if _is_oracle(label):
        return f"{label} (oracle: it saw target labels)"
    return label


def _is_oracle(label: str) -> bool:
    """Whether a pick of this level is an oracle; its name and its labels all say so."""
    return why_hides_oracle(label) is None


def _saw_labels(run: Run) -> bool:
    """Whether an oracle picked the checkpoint of a run, or that of what prepares its images."""
    return any(_is_oracle(run.params.get(name, "")) for name in ("pick", "prepare"))


def _data(used: Sequence[Run]) -> Iterator[str]:
    """Each data set with the fingerprint of its bytes."""
    fingerprints: dict[str, set[str]] = {}
    for run in used:
        for path, value in run.params.items():
            if path == "test_on" or path.endswith((".train_on", ".adapt_to")):
                fingerprint = run.params.get(f"{path}.fingerprint", "")
                fingerprints.setdefault(value, set()).add(fingerprint)
    for name, of_dataset in sorted(fingerprints.items()):
        marks = sorted(filter(None, of_dataset))
        if marks:
            yield f"{name} {', '.join(marks)}"
        else:
            yield f"{name}, made by code"


def _machine(run: Run) -> str:
    """The host of a run, its machine and its device."""
    words = [run.tags.get(tag, "") for tag in MACHINE_TAGS]
    return " ".join(words).strip()


def _counts_text(counts: Counter[str]) -> str:
    """'abc (4 runs), def (2 runs)'; a single name stands alone."""
    if len(counts) == 1:
        return next(iter(counts)) or "unknown"
    texts = []
    for name, count in counts.most_common():
        texts.append(f"{name or 'unknown'} ({count} runs)")
    return ", ".join(texts)


def doubts_of_design(study: Study) -> Iterator[str]:
    """What the study file itself makes doubtful."""
    if study.transductive:
        yield (
            "the study is transductive: networks may have been adapted to the images that "
            "they are tested on, without their masks"
        )
    leaks: dict[str, None] = {}
    for cell in study.cells:
        leaks.update(dict.fromkeys(_leaks(cell.trial)))
    yield from leaks


def _leaks(trial: Trial) -> Iterator[str]:
    """Says which components see the masks of a data set that they are given by an option."""
    for part in parts_in(trial):
        for option in part.component.facts.leaks:
            images = part.options[option]
            if images != part.component.options[option].default:
                name = images.level if isinstance(images, Part) else images
                yield (
                    f"a leak: {part.name} sees the masks of {name} (its option `{option}`), so "
                    "that what is tested on them is no test"
                )


def _doubts(used: Sequence[Run], commits: Counter[str], dirty: int) -> Iterator[str]:
    """What speaks against comparing the runs with one another."""
    oracles = sum(map(_saw_labels, used))
    if oracles:
        yield (
            f"{oracles} of {len(used)} runs are tested at a checkpoint that an oracle picked, by "
            "labels of the target: they bound what a rule without labels can reach, and are no "
            "method"
        )
    if len(commits) > 1:
        yield f"the runs come from {len(commits)} versions of the code: {_counts_text(commits)}"
    if dirty:
        yield (
            f"{dirty} of {len(used)} runs come from code with uncommitted changes; "
            "each run keeps its diff.patch"
        )
    kinds = {run.tags.get("harness.device", "")[:4] for run in used}
    if len(kinds) > 1:
        yield "the runs come from different kinds of devices"
    cut = sum(bool(run.tags.get(PIECES_TAG)) for run in used)
    if cut:
        yield (
            f"{cut} of {len(used)} runs learned from batches that were cut for want of memory: "
            "batch norm counted the statistics of the pieces, so they are another experiment"
        )


def _line(study: Study, run: Run) -> dict[str, str]:
    """A run as the table of runs lists it."""
    line = {"run": run.id, "state": run.state}
    for axis in study.axes:
        for path in axis.paths:
            line[path.removeprefix("fit.")] = run.levels.get(path, "–")
    line["pick"] = run.params.get("pick", "")
    line["code"] = _commit(run, "")
    line["ended (UTC)"] = ""
    seconds = 0.0
    if run.ended:
        line["ended (UTC)"] = time.strftime("%Y-%m-%d %H:%M", time.gmtime(run.ended / 1000))
    if run.ended and run.started:
        seconds = (run.ended - run.started) / 1000
    line["seconds"] = f"{seconds:.0f}"
    line["trial"] = run.key
    return line
