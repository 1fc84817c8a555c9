"""Why a trial runs, in words."""

from collections.abc import Mapping

from harness.record.database import Run
from harness.spec.paths import CODE, changed_code, settings
from harness.spec.states import State
from harness.study.cells import Cell

REASONS: Mapping[str, str] = {  # why a trial runs whose last run ended so
    State.FAILED: "failed before",
    State.KILLED: "was killed",
    State.DIVERGED: "diverged before",
}
MANY = 3  # changed settings that a reason names


def reason_to_run(cell: Cell, latest: Run | None, earlier: Run | None) -> str:
    """Why a trial runs: how its `latest` run ended, or what has changed.

    `earlier` is the last result at the levels of the cell, of a trial that was another.
    """
    if latest is not None:
        return REASONS.get(latest.state, "was not finished")
    if earlier is None:
        return "new"
    now = settings(cell.trial)
    then = earlier.params
    changed = _changed_settings(now, then)
    if any(path.endswith("fingerprint") for path in changed):
        return "data changed"
    edited = changed_code(cell.trial, then)
    if edited and all(path.endswith(f".{CODE}") for path in changed):
        return f"code of {', '.join(edited)} changed"
    if changed:
        edits = [f"{path}: {then.get(path, 'none')} -> {now[path]}" for path in changed[:MANY]]
        rest = len(changed) - MANY
        return "; ".join(edits) + (f" and {rest} more" if rest > 0 else "")
    versions = ", ".join(_versions(cell))
    return f"code version {versions}" if versions else "code version changed"


def _changed_settings(now: Mapping[str, str], then: Mapping[str, str]) -> list[str]:
    """The paths whose value was another; of a component, those of its options that changed."""
    changed = []
    for path, value in now.items():
        if value == then.get(path, "none"):
            continue
        if not any(deeper.startswith(f"{path}.") for deeper in now):
            changed.append(path)
    return changed


def _versions(cell: Cell) -> list[str]:
    """The components of a trial whose code has once changed its results, with their version."""
    parts = [cell.trial.pick, *cell.trial.prepare, *cell.trial.probes]
    for fit in cell.trial.lineage:
        parts += [fit.init, fit.method, fit.net, fit.train_on]
        parts += [*fit.prepare, *fit.augment]
    versions: dict[str, int] = {}
    for part in parts:
        version = part.component.facts.version
        if version != 1:
            versions[part.name] = version
    return [f"{name} {version}" for name, version in versions.items()]
