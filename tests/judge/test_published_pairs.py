"""Published tests of pairs of arms stand beside ours as notes."""

from pathlib import Path

import pytest

from harness.judge.answer import judge
from harness.study.document import Mistakes
from tests.judge.two_batches import score
from tests.made.synthetic import results, study_in

STUDY = (
    "seeds: 4\ngrid:\n  fit.batch: [2, 3]\ncompare:\n"
    "  - {name: a, metric: dice, by: fit.batch, unit: seed, published: tests.csv, from: table 1}\n"
)
HEAD = "# a note\ncomparison,first,second,p,effect\n"


def test_a_published_pair_is_a_note_with_the_size_that_it_implies(tmp_path: Path) -> None:
    (tmp_path / "tests.csv").write_text(f"{HEAD}a,2,3,1.3751e-20,0.6949\nb,2,3,.5,.1\n")
    study = study_in(tmp_path, STUDY)
    (verdict,) = judge(study, *results(study, score)).verdicts
    published = [note for note in verdict.notes if note.startswith("published")]
    assert published == [
        "published (table 1): 2 − 3: p = 1.4e-20, effect 0.6949; by Mann-Whitney and Cliff's delta "
        "that is about 120 values an arm"
    ]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (f"{HEAD}b,2,3,.5,.1\n", "has no row of the comparison 'a'"),
        (f"{HEAD}a,2,3,small,.1\n", "tests.csv:3: p and effect should be numbers"),
        ("comparison,first,second,p\n", "the column 'effect' is missing"),
    ],
)
def test_a_file_without_the_pair_is_a_mistake(table: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "tests.csv").write_text(table)
    with pytest.raises(Mistakes) as mistakes:
        study_in(tmp_path, STUDY)
    assert problem in str(mistakes.value)
