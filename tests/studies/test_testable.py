"""The studies of the papers can answer what they ask, whatever comes out of them."""

from pathlib import Path

import pytest

from harness.judge.preview import previews
from harness.study.load import load_study

STUDIES = Path(__file__).parents[2] / "studies"

PAPER_STUDIES = sorted((STUDIES / "paper").glob("*.yaml"))


@pytest.mark.parametrize("file", PAPER_STUDIES, ids=lambda file: file.stem)
def test_every_comparison_of_a_paper_can_reach_its_alpha(file: Path) -> None:
    beyond = []
    for preview in previews(load_study(file)):
        if preview.verdict == "not testable":
            beyond.append((preview.comparison, preview.n, preview.family, preview.smallest))
    assert beyond == []
