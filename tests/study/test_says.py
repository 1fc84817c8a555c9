"""The study's own sentences are checked before anything runs."""

from pathlib import Path

import pytest

from tests.made.study_files import BASE, loaded_study, problem_text

ENTRY = """seeds: 2
grid:
  fit.batch: [2, 4]
compare:
  - {{name: a, metric: dice, by: fit.batch, unit: seed{margin}, says: {says}}}
"""


def text_of(says: str, margin: str = "") -> str:
    return BASE + ENTRY.format(says=says, margin=margin)


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        ('{differs: "{c} is better"}', "{c} is no placeholder; there is a, b, metric, difference"),
        ('{differs: "{diference}"}', "{diference} is no placeholder; did you mean 'difference'?"),
        ('{differs: "{a.x}"}', "{a.x} is no placeholder"),
        ('{differs: "{difference:.2f}"}', "{difference} is written already; take out"),
        ('{differs: "{a"}', "a brace stands alone; write {{ and }}"),
        ("{differs: ' '}", "is empty; say the answer, or leave it out"),
        ("{equivalent: alike}", "nothing is equivalent without a `margin`"),
        ('{undecided: "within {margin}"}', "{margin} means nothing in a comparison without"),
        ("{better: yes}", "'better' is not one of"),
    ],
)
def test_a_sentence_that_cannot_be_said_is_refused(tmp_path: Path, says: str, problem: str) -> None:
    text = problem_text(tmp_path, text_of(says))
    assert "compare.0.says" in text
    assert problem in text


def test_every_placeholder_and_answer_may_be_said(tmp_path: Path) -> None:
    sentence = "{a}{b}{metric}{difference}{interval}{level}{n}{unit}{p}{margin}{where}{facts}"
    says = f'{{equivalent: "{sentence}", undecided: "{{{{as it is}}}}"}}'
    study = loaded_study(tmp_path, text_of(says, ", margin: 0.01"))
    assert study.compare[0].says == {"equivalent": sentence, "undecided": "{{as it is}}"}
