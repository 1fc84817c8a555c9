"""What a study asks of its finished trials: `compare` and `tables`, with what others published."""

from pathlib import Path

from harness.study.bounded_files import Unreadable
from harness.study.comparison import Comparison
from harness.study.comparison_checks import read_comparisons
from harness.study.grid import Expansion
from harness.study.problems import Problems
from harness.study.published_averages import read_averages
from harness.study.published_pairs import read_pairs
from harness.study.tables import Tables, read_tables


def _why_not_published(problems: Problems, comparison: Comparison) -> str:
    """Says why what was published of a comparison cannot be read; nothing where it can."""
    if comparison.published is None:
        return ""
    file = Path(problems.document.mark(()).file).parent / comparison.published
    try:
        if comparison.kind == "correlate":
            name = str(problems.raw_at(("name",)))
            names = set(read_averages(file, name))
            missing = f"{file} has no row of the study {name} and {comparison.name!r}"
        elif comparison.kind == "groups":
            names = {pair.comparison for pair in read_pairs(file)}
            missing = f"{file} has no row of the comparison {comparison.name!r}"
        else:
            return "a correlation and a comparison by arms have published numbers; take a table"
    except Unreadable as error:
        return str(error)
    return "" if comparison.name in names else missing


def read_questions(problems: Problems, grid: Expansion) -> tuple[tuple[Comparison, ...], Tables]:
    """What a study asks of its finished trials: comparisons, and tables."""
    document = problems.document
    raw_comparisons = problems.raw_at(("compare",)) or []
    compare, compare_problems = read_comparisons(raw_comparisons, grid)
    raw_tables = problems.raw_at(("tables",)) or []
    tables, table_problems = read_tables(raw_tables, grid, lambda steps: document.mark(steps).file)
    for steps, text in [*compare_problems, *table_problems]:
        problems.add(steps, text)
    if not compare_problems:
        for i, comparison in enumerate(compare):
            reason = _why_not_published(problems, comparison)
            if reason:
                problems.add(("compare", i, "published"), reason)
    return tuple(compare), tables
