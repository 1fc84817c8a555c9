"""What stood in the file when the first trials ran, and what was changed once results were seen."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.record.contents import DECLARED
from harness.record.database import Run, is_result
from harness.spec.repetitions import FOLD, SEED
from harness.study.comparison import Comparison
from harness.study.declaration import Declaration, Ground, level_hash, level_names
from harness.study.load import Study

TRAINED_ELSEWHERE = (
    "the results come from elsewhere, so whether a comparison was declared before they were seen "
    "is not known here; each is exploratory"
)


def declared_before(study: Study, recorded: Sequence[Run]) -> tuple[set[str], str]:
    """The keys of the comparisons that stand as they were declared, and what changed since."""
    if study.scores is not None:
        return set(), TRAINED_ELSEWHERE
    of_study = [run for run in recorded if run.study == study.name]
    early, changes = _comparisons_before(study, of_study)
    redesigned = _changes_of_design(study, of_study, early)
    for change, comparisons in redesigned.items():
        names = ", ".join(comparison.name for comparison in comparisons)
        changes.append(f"{change}, so exploratory: {names}")
        early = early.difference(comparison.key for comparison in comparisons)
    return early, "; ".join(changes)


def _comparisons_before(study: Study, runs: Sequence[Run]) -> tuple[set[str], list[str]]:
    """The comparisons that stood in the file when the first trial ran, and what changed since."""
    now = {comparison.key: comparison.name for comparison in study.compare}
    first = next(iter(runs), None)  # they come in the order in which they were recorded
    if first is None or "harness.design" not in first.tags:
        return set(now), []
    then = set(first.tags["harness.design"].split())
    changes = []
    added = [name for key, name in now.items() if key not in then]
    if added:
        changes.append(
            f"written or changed after the first trial ran, so exploratory: {', '.join(added)}"
        )
    gone = len(then - now.keys())
    if gone == 1:
        changes.append("1 comparison declared before the first trial is no longer in the file")
    elif gone:
        changes.append(f"{gone} comparisons declared then are no longer in the file")
    return then & now.keys(), changes


def _changes_of_design(
    study: Study, runs: Sequence[Run], early: set[str]
) -> dict[str, list[Comparison]]:
    """The comparisons whose trials are other ones than when the first result was seen, by what
    changed. Runs of earlier versions of harness say nothing of the design.
    """
    results = [run for run in runs if is_result(run) and declaration_text(run)]
    if not results:
        return {}
    first = _first_declarations(results)
    now = study.declaration
    changes: dict[str, list[Comparison]] = {}
    for comparison in study.compare:
        then = first.get(comparison.key)
        ground = now.grounds.get(comparison.key)
        if comparison.key not in early or then is None or ground is None:
            continue
        earlier = then.grounds[comparison.key]
        if ground.is_as(earlier) and then.seeds != now.seeds:
            change = f"{_rule(then)} became {_rule(now)} after {len(results)} trials were seen"
            changes.setdefault(change, []).append(comparison)
        elif not ground.is_as(earlier):
            seen = _runs_before(results, comparison.key, ground)
            change = _change(study, comparison, then, earlier=earlier, seen=seen)
            changes.setdefault(change, []).append(comparison)
    return changes


def _first_declarations(results: Iterable[Run]) -> dict[str, Declaration]:
    """For each comparison the first declaration that says what it stands on: the first of all, but
    of a search the first of its confirmation.
    """
    first: dict[str, Declaration] = {}
    texts: set[str] = set()
    for run in results:
        text = declaration_text(run)
        if text not in texts:
            texts.add(text)
            declaration = Declaration.read(text)
            for key in declaration.grounds:
                first.setdefault(key, declaration)
    return first


def _rule(declaration: Declaration) -> str:
    """How a study says how many seeds it trains."""
    return declaration.seeds or "a fixed number of seeds"


def declaration_text(run: Run) -> str:
    """The declaration that a run holds in one tag or several; empty where it holds none."""
    pieces: list[str] = []
    while f"{DECLARED}.{len(pieces)}" in run.tags:
        pieces.append(run.tags[f"{DECLARED}.{len(pieces)}"])
    return "".join(pieces)


def _runs_before(results: Iterable[Run], key: str, now: Ground) -> list[Run]:
    """The results that were there when a comparison came to stand on the trials of now."""
    before = []
    is_before: dict[str, bool] = {}  # of each declaration: many runs share one
    for run in results:
        text = declaration_text(run)
        if text not in is_before:
            ground = Declaration.read(text).grounds.get(key)
            is_before[text] = ground is None or not now.is_as(ground)
        if is_before[text]:
            before.append(run)
    return before


def _change(
    study: Study,
    comparison: Comparison,
    then: Declaration,
    *,
    earlier: Ground,
    seen: Sequence[Run],
) -> str:
    """What changed of the trials of a comparison, and after how many were seen."""
    now = study.declaration.grounds[comparison.key]
    if now.seeds != earlier.seeds:
        count = len({run.params.get(SEED) for run in seen})
        return f"n changed from {earlier.seeds} to {now.seeds} seeds after {count} were seen"
    if now.folds != earlier.folds:
        count = len({run.params.get(FOLD) for run in seen})
        return f"n changed from {earlier.folds} to {now.folds} folds after {count} were seen"
    changes = list(_changes_of_axes(then.axes, level_names(study.expansion)))
    if not changes:
        changes = [f"the planned trials changed ({earlier.cells}, now {now.cells})"]
    return f"{' and '.join(changes)} after {len(seen)} trials were seen"


def _changes_of_axes(
    then: Mapping[str, Sequence[str]], now: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Which axes came, went, or have other levels."""
    for path, names in now.items():
        gained = [name for name in names if level_hash(name) not in then.get(path, ())]
        if path not in then:
            yield f"{path} became an axis"
        elif gained:
            yield f"{path} gained {', '.join(gained)}"
    for path, hashes in then.items():
        left = set(map(level_hash, now.get(path, ())))
        lost = [name for name in hashes if name not in left]
        if path not in now:
            yield f"{path} is no axis any more"
        elif lost:
            noun = "level" if len(lost) == 1 else "levels"
            yield f"{path} lost {len(lost)} {noun}"
