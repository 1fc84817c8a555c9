"""A table that makes no sense is refused, with its place, and so are its published numbers."""

from pathlib import Path

import pytest

from harness.study.document import Mistakes
from tests.judge.attributed import NUMBERS, TABLE, study_of

pytestmark = pytest.mark.usefixtures("attributed_probe")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("metrics: [swd, fwd]", "metrics: [swd, fwdd]"),
            "metrics.1: no probe of the study measures 'fwdd'; did you",
        ),
        (
            ("[fit.train_on, fit", "[fit.trian_on, fit"),
            "rows.0: no setting 'fit.trian_on' in the study; did you mean",
        ),
        (
            ("columns: [map]", "columns: [mapp]"),
            "columns.0: no setting 'mapp' in the study; did you mean 'map'?",
        ),
        (("columns: [map]", "columns: [fit.train_on]"), "columns: 'fit.train_on' is named twice"),
        (
            ("metrics: [swd, fwd]", "metrics: [swd, dice]"),
            "columns.0: no setting 'map' in the study",
        ),
        (
            ("{distance: w", "{distanse: w"),
            "where.distanse: no setting 'distanse' in the study; did you mean 'dist",
        ),
        (
            ("{distance: wasserstein}", "{fit.train_on: SNEMY}"),
            "where.fit.train_on: fit.train_on has no level 'SNEMY'",
        ),
        (("    unit: seed\n", ""), "tables.0: a table needs `unit`: seed | fold | image | patient"),
        (("unit: seed", "unit: fold"), "unit: the study has no folds"),
        (("title:", "titel:"), "titel: a table has no setting 'titel'; did you mean 'title'?"),
        (
            ("numbers.csv", "nowhere.csv"),
            "published: nowhere.csv cannot be read: No such file or directory",
        ),
        (
            ("rows: [fit.train_on, fit.method.loss]", "rows: []"),
            "rows: is empty; name at least one",
        ),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_place(
    tmp_path: Path,
    change: tuple[str, str],
    expected: str,
) -> None:
    old, new = change
    assert TABLE.count(old) == 1
    with pytest.raises(Mistakes) as caught:
        study_of(tmp_path, TABLE.replace(old, new))
    problems = [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]
    of_file = [problem for problem in problems if problem.startswith("study.yaml:")]
    assert any(expected in problem for problem in of_file), problems


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("SNEMI,ImageNet,Foreground", "SNEMY,ImageNet,Foreground"),
         "numbers.csv:4: the study has no fit.train_on 'SNEMY'; did you mean 'SNEMI'?"),
        (("30.555", "30,555"), "numbers.csv:4: 7 values for 6 columns"),
        (("30.555", "x"), "numbers.csv:4: x ± 0.5 should be a number"),
        ((",map,", ",maps,"), "numbers.csv:3: no column 'maps' here; did you mean 'map'?"),
        (("Full Output,swd,32", "Foreground,swd,32"),
         "numbers.csv:5: SNEMI, ImageNet, Foreground, swd stands"),
    ],
)  # fmt: skip
def test_a_wrong_published_number_is_refused_with_its_line(
    tmp_path: Path,
    change: tuple[str, str],
    expected: str,
) -> None:
    old, new = change
    assert NUMBERS.count(old) == 1
    with pytest.raises(Mistakes) as caught:
        study_of(tmp_path, TABLE, NUMBERS.replace(old, new))
    problems = list(map(str, caught.value.problems))
    assert any(expected in problem for problem in problems), problems
