"""Where a study's numbers come from: code, data, machines, and the rule that picked each checkpoint."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.record.database import Run
from harness.spec.catalogue import catalogue
from harness.study.load import Study


@dataclass(frozen=True)
class Provenance:
    """Facts, warnings and a line for each run."""

    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    runs: tuple[dict[str, str], ...]


def provenance(study: Study, used: list[Run]) -> Provenance:
    """The provenance of the runs that a study's numbers stand on."""
    commits = Counter(
        r.tags.get("mlflow.source.git.commit", "not from a git checkout")[:10] for r in used
    )
    dirty = sum("harness.dirty" in r.tags for r in used)
    picks = Counter(_pick(r.params.get("pick", "")) for r in used)
    facts = [
        ("study file", str(study.path)),
        ("code", _counted(commits) + (f"; {dirty} with uncommitted changes" if dirty else "")),
        ("checkpoints by", _counted(picks)),
        ("data", "; ".join(_data(used)) or "none"),
        ("machines", _counted(Counter(_machine(r) for r in used))),
        ("comparisons", study.design or "none"),
    ]
    return Provenance(
        tuple(facts), tuple(_doubts(used, commits, dirty)), tuple(_line(study, r) for r in used)
    )


def _pick(label: str) -> str:
    known = catalogue("pick").get(label.split("(")[0])
    return (
        f"{label} (oracle: it saw target labels)"
        if known is not None and known.facts.oracle
        else label
    )


def _data(used: list[Run]) -> Iterable[str]:
    """Each data set with the fingerprint of its bytes."""
    found: dict[str, set[str]] = {}
    for run in used:
        for path, value in run.params.items():
            if path == "test_on" or path.endswith((".train_on", ".adapt_to")):
                found.setdefault(value, set()).add(run.params.get(f"{path}.fingerprint", ""))
    for name, prints in sorted(found.items()):
        marks = ", ".join(sorted(p for p in prints if p))
        yield f"{name} {marks}" if marks else f"{name}, made by code"


def _machine(run: Run) -> str:
    return " ".join(run.tags.get(f"harness.{k}", "") for k in ("host", "machine", "device")).strip()


def _counted(counts: Counter[str]) -> str:
    if len(counts) == 1:
        return next(iter(counts)) or "unknown"
    return ", ".join(f"{name or 'unknown'} ({n} runs)" for name, n in counts.most_common())


def _doubts(used: list[Run], commits: Counter[str], dirty: int) -> Iterable[str]:
    if len(commits) > 1:
        yield f"the runs come from {len(commits)} versions of the code: {_counted(commits)}"
    if dirty:
        yield f"{dirty} of {len(used)} runs come from code with uncommitted changes; each run keeps its diff.patch"
    if len({r.tags.get("harness.device", "")[:4] for r in used}) > 1:
        yield "the runs come from different kinds of devices"


def _line(study: Study, run: Run) -> dict[str, str]:
    took = (run.ended - run.started) / 1000 if run.ended and run.started else 0
    axes = {
        path.removeprefix("fit."): run.levels.get(path, "–")
        for axis in study.axes
        for path in axis.paths
    }
    commit = run.tags.get("mlflow.source.git.commit", "")[:10]
    ended = time.strftime("%Y-%m-%d %H:%M", time.gmtime(run.ended / 1000)) if run.ended else ""
    mine = {
        "run": run.id,
        "state": run.state,
        **axes,
        "pick": run.params.get("pick", ""),
        "code": commit,
    }
    return mine | {"ended (UTC)": ended, "seconds": f"{took:.0f}", "trial": run.key}
