"""What a study can show, before it is run: lines of a plan, and why a run is refused."""

from collections.abc import Iterator, Sequence

from harness.cli.deciding import judge_what_is_there
from harness.cli.shared import fail, or_exit
from harness.judge.preview import Preview, previews
from harness.judge.preview_words import preview_lines
from harness.judge.prospects import recorded_spreads
from harness.record.tracker import Tracker
from harness.run.plan import Plan
from harness.run.progress import duration
from harness.study.load import Study
from harness.study.until_decided import UntilDecided


def prospect_lines(study: Study, plan: Plan, tracker: Tracker) -> Iterator[str]:
    """What each comparison can show, by the spreads that are recorded, and what it takes."""
    spreads = {}
    recorded = or_exit(tracker.runs, study.name)
    if study.compare and recorded:
        spreads = recorded_spreads(judge_what_is_there(study, tracker))
    expected = previews(study, spreads)
    if study.until is not None:
        yield from _time_lines(study.until, plan, expected)
    yield from preview_lines(expected, study.names)


def _time_lines(until: UntilDecided, plan: Plan, expected: Sequence[Preview]) -> Iterator[str]:
    """How long the seeds take that are expected, where all of them are still to be trained."""
    seeds = [preview.prospect.seeds for preview in expected if preview.prospect.seeds]
    fixed = [preview.prospect.fixed for preview in expected if preview.prospect.fixed]
    if not seeds or not plan.seconds or len(plan.todo) < len(plan.study.cells):
        return
    of_seed = plan.seconds / until.most
    line = f"seeds:  expected are about {max(seeds):.1f} of at most {until.most}, or "
    line += f"{duration(max(seeds) * of_seed)} of one slot's work"
    if fixed:
        line += f"; {max(fixed)} fixed before take {duration(max(fixed) * of_seed)}"
    yield line


def refuse_what_cannot_be_shown(study: Study) -> None:
    """Ends a run whose primary comparison can reach no significance, whatever comes out."""
    primary = {comparison.name for comparison in study.compare if comparison.primary}
    if not primary:
        return
    for preview in previews(study):
        if preview.comparison in primary and preview.verdict == "not testable":
            remedy = preview.note or "take more seeds, or fewer contrasts"
            corrected = ""
            if preview.family > 1:
                corrected = f" (corrected among {preview.family})"
            fail(
                f"{study.path}: {preview.comparison} is primary, and not testable at "
                f"{preview.alpha:g}: whatever comes out, its p is {preview.smallest:.2g} or more"
                f"{corrected}; {remedy}; --anyway runs it all the same"
            )
