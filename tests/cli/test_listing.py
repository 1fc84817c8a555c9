"""harness list: one screen for each part of a study file, each kind of component, each name."""

import pytest

from harness.cli.listing import SCREENS
from harness.spec.catalogue import HOMES, catalogue
from harness.store import Home
from tests.cli.calls import call

WIDTH = 80


@pytest.mark.parametrize("word", [None, *SCREENS, *HOMES])
def test_a_screen_has_eighty_columns(word: str | None, home: Home) -> None:
    code, out, _ = call("list", *([word] if word else []))
    assert code == 0
    assert [line for line in out.splitlines() if len(line) > WIDTH] == []
    for name in catalogue(word) if word in HOMES else ():
        assert name in out


def test_every_component_has_a_screen_with_its_options(home: Home) -> None:
    for kind in HOMES:
        for component in catalogue(kind).values():
            code, out, _ = call("list", component.name)
            assert code == 0
            assert f"{kind} {component.name}: " in out
            assert [line for line in out.splitlines() if len(line) > WIDTH] == []
            for option in component.options:
                assert f"\n{option}" in out


def test_a_setting_says_what_may_be_written_and_what_holds_otherwise(home: Home) -> None:
    fit = call("list", "fit")[1]
    assert "patch          1, 2, 3, ... = 128          the side of a training window" in fit
    assert "train_on       dataset, needed" in fit
    compare = call("list", "compare")[1]
    assert (
        "unit           seed | fold | image |       what is one independent repetition" in compare
    )
    assert "mann_whitney" in compare
    assert "images         text, needed" in call("list", "folder")[1]


def test_a_metric_says_its_probe_and_which_way_is_better(home: Home) -> None:
    dice = call("list", "dice")[1]
    assert "loss dice: " in dice
    assert "metric dice, Dice: 2 TP" in dice
    assert "probe          segmentation\nbetter         more\n" in dice
    assert "better         less\n" in call("list", "swd")[1]
    assert "swd v" in call("list", "metrics")[1]


def test_what_there_is_not_is_answered_with_the_nearest(home: Home) -> None:
    assert call("list", "folderr") == (
        2,
        "",
        "nothing is called 'folderr'; did you mean 'folder'?\n",
    )
    assert "harness list says what there is" in call("list", "qqqqqqqq")[2]
    assert "no kind of component is called 'dice'" in call("list", "dice", "--json")[2]
