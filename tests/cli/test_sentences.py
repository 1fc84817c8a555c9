"""What a terminal gets: sentences that break between words, verdicts in colours, and what a study
takes of the disk; a pipe gets plain lines.
"""

import io
from pathlib import Path

import pytest
import typer
from rich.console import Console

from harness.cli import disk, shared
from harness.cli.answer_lines import style_of
from harness.cli.disk import DiskEstimate, disk_lines, refuse_what_has_no_room
from harness.cli.plan_screen import axes_table
from harness.cli.shared import lines_of_sentence, print_sentence
from harness.spec.sizes import bytes_text
from harness.store import Home
from harness.study.load import load_study
from tests.made.studies import plan_of

STUDIES = Path(__file__).parents[2] / "studies"
SENTENCE = "answer: Dice is higher with uniform green than with photographs (12 seeds, p = .012)."


def test_a_sentence_breaks_between_words_below_its_head() -> None:
    lines = lines_of_sentence(SENTENCE, 40)
    assert max(map(len, lines)) <= 40
    assert all(line.startswith(" " * 8) for line in lines[1:])
    words = " ".join(lines).split()
    assert words == SENTENCE.split()
    assert any("p = .012" in line for line in lines)


@pytest.mark.parametrize(
    ("is_terminal", "no_color", "expected"),
    [(True, "", "\x1b[32m"), (True, "1", ""), (False, "", "")],
)
def test_verdicts_have_colours_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, no_color: str, expected: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", no_color)
    text = io.StringIO()
    console = Console(file=text, force_terminal=is_terminal, width=40, soft_wrap=True)
    monkeypatch.setattr(shared, "out", console)
    print_sentence(SENTENCE, style_of({"differs"}))
    assert text.getvalue().startswith(f"{expected}answer: ")
    assert ("\x1b[3" in text.getvalue()) == bool(expected)
    assert (text.getvalue() == SENTENCE + "\n") == (not is_terminal)


def test_a_sentence_of_several_outcomes_has_no_colour() -> None:
    assert style_of({"differs", "equivalent"}) == "green"
    assert style_of({"open"}) == style_of({"not shown"}) == "yellow"
    assert style_of({"not testable"}) == "red"
    assert style_of({"differs", "open"}) == ""


def test_settings_that_move_together_share_a_row() -> None:
    table = axes_table(load_study(STUDIES / "skips.yaml"))
    axis, _, levels = [list(column.cells) for column in table.columns]
    assert [str(cell) for cell in axis] == [
        "removed skips",
        "perturbation",
        "seed and draw of training data and draw of test data",
    ]
    assert str(levels[0]) == "2: all skips, no uppermost skip"
    assert str(levels[2]) == "12 together: 20 to 31"


def test_a_plan_says_what_its_weights_take(
    home: Home, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(tiny, home)
    network = plan.training[0].fit.net.key
    assert DiskEstimate.of(plan, {network: 5_000_000}) == DiskEstimate(20_000_000, 4, 0)
    (line,) = disk_lines(plan, {network: 5_000_000}, home)
    assert line.startswith("disk:   about 20 MB of weights")
    (unknown,) = disk_lines(plan, {}, home)
    assert "not known before the networks are built" in unknown
    refuse_what_has_no_room(plan, {network: 5_000_000}, home)
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 19_000_000)
    with pytest.raises(typer.Exit):
        refuse_what_has_no_room(plan, {network: 5_000_000}, home)
    assert "its weights take about 20 MB" in " ".join(capsys.readouterr().err.split())
    assert bytes_text(1_234_567) == "1.2 MB"
