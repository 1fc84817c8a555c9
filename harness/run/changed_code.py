"""Results that were made by code that has changed since, and whose keys do not say so."""

from collections import Counter
from collections.abc import Iterable, Mapping

from harness.record.contents import CODE_TAG
from harness.record.database import Run, mapping_in
from harness.spec.code_of import code_of
from harness.spec.values import Fit, Trial


def changed_components(trial: Trial, run: Run) -> list[str]:
    """The components whose code was another when a run of this trial was made."""
    return changed_since(trial, mapping_in(run, CODE_TAG))


def changed_since(value: Fit | Trial, recorded: Mapping[str, str]) -> list[str]:
    """The components of a fit or trial whose code is not the one that was recorded."""
    if not recorded:
        return []
    changed: dict[str, None] = {}
    for component, digest in code_of(value).items():
        if recorded.get(component, digest) != digest:
            _, _, name = component.partition("/")
            changed[name] = None
    return list(changed)


def changed_code_lines(changes: Iterable[Iterable[str]]) -> list[str]:
    """A line for each component, given the changed components of each reused result."""
    counts: Counter[str] = Counter()
    for components in changes:
        counts.update(components)
    lines = []
    for name, count in counts.items():
        results = "1 result was" if count == 1 else f"{count} results were"
        lines.append(
            f"code of {name} changed since {results} made: reused; "
            "`harness run --retry changed`, or raise its `version`"
        )
    return lines
