"""Where a number comes from, as lines for a terminal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.record.database import Run


@dataclass(frozen=True)
class TracedFit:
    """A fit behind a run, as `harness trace` tells it."""

    key: str
    label: str
    depth: int  # 0: the fit of the trial; 1: one that it starts from
    state: str
    data: tuple[tuple[str, str], ...]  # what it does with a dataset, and the dataset


def trace_lines(run: Run, fits: Iterable[TracedFit], commit: str) -> Iterator[str]:
    """Where a number comes from: the trial, its fits with what they read, the code."""
    yield f"trial {run.key}: {run.name} ({run.state})"
    for fit in fits:
        indent = "  " * (fit.depth + 1)
        yield f"{indent}fit {fit.key}: {fit.label}"
        yield f"{indent}  {fit.state}"
        for role, data in fit.data:
            yield f"{indent}  {role}: {data}"
    yield f"  tests on {run.params.get('test_on', '?')} with {run.params.get('probes', '?')}"
    changes = ", with uncommitted changes" if "harness.dirty" in run.tags else ""
    yield f"  code {commit or 'not from a git checkout'}{changes}"
