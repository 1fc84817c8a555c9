"""Mistakes that show only in a whole trial, each where the file says what is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made.outside import folder_of_components, write_component
from tests.made.study_files import BASE, loaded_study, problem_text

COMPONENTS_WITH_NEEDS = '''
from harness.components.methods import method
from harness.components.picks import pick
from harness.components.prepare import prepare
from harness.components.probes import probe
from harness.spec.options import Dataset


@method(needs=("adapt_to",))
def adapting(net, data):
    """Needs a target."""


@probe(metrics=("distance",), needs=("adapt_to", "encoder"))
def to_target(net, test, original):
    """Needs a target, and an encoder."""


@pick
def nearest(net, data, *, images: Dataset):
    """Learns from images that it names."""


@pick(needs=("adapt_to",))
def given(net, data):
    """Asks for a target."""


@prepare(uses=("adapt_to",))
def towards(images, domains):
    """Looks at a target."""
'''


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "needs.py", COMPONENTS_WITH_NEEDS)
        yield folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "grid:\n  fit.patch: [100]\n",
            "s.yaml:7:3: fit.patch: tiny_unet cannot take 100 x 100 patches; 96 or 104 would do",
        ),
        (
            "  test_on: {name: phantom, style: lucchi, split: train}\n",
            "s.yaml:6:12: test_on: tests on 'train' of phantom, which it is trained on; "
            "take another split",
        ),
        (
            "  test_on: {name: phantom, style: lucchi, split: all}\n",
            "test_on: tests on 'all' of phantom, which it is trained on",
        ),
        (
            "    init: photos\n",
            "s.yaml:6:11: fit.init: photos sets an encoder's weights, "
            "and tiny_unet has no `encoder`; take unet, say",
        ),
    ],
)
def test_a_trial_that_is_wrong_as_a_whole_is_a_mistake(
    tmp_path: Path,
    text: str,
    expected: str,
) -> None:
    assert expected in problem_text(tmp_path, BASE + text)


def test_another_split_or_another_set_may_be_tested_on(tmp_path: Path) -> None:
    test_sets = "{name: phantom, style: lucchi, split: validation}, {name: phantom, style: vnc}"
    text = f"{BASE}grid:\n  test_on: [{test_sets}]\n"
    assert len(loaded_study(tmp_path, text).cells) == 2


ADAPTING = """    adapt_to: {name: phantom, style: vnc, split: %s}
    method: adapting
  test_on: {name: phantom, style: vnc}
"""
NESTED = """    init: {name: trained, fit: {train_on: {name: phantom, style: snemi}, %s}}
  test_on: {name: phantom, style: vnc}
"""
SEEN = "{name: phantom, style: vnc, split: test}"


@pytest.mark.parametrize("split", ["test", "all"])
@pytest.mark.usefixtures("lab")
def test_a_study_that_adapts_to_its_test_images_says_so(tmp_path: Path, split: str) -> None:
    text = BASE + ADAPTING % split
    expected = (
        f"s.yaml:6:15: fit.adapt_to: adapts to {split!r} of phantom, "
        "and is tested on 'test' of it; "
        "take another split, or say `transductive: true` in the study"
    )
    assert expected in problem_text(tmp_path, text)
    silent = loaded_study(tmp_path, BASE + ADAPTING % "train")
    assert not silent.transductive
    declared = loaded_study(tmp_path, text + "transductive: true\n")
    assert declared.transductive
    assert len(declared.cells) == 1


@pytest.mark.usefixtures("lab")
def test_an_earlier_fit_may_not_adapt_to_the_test_images_either(tmp_path: Path) -> None:
    text = BASE + NESTED % f"adapt_to: {SEEN}, method: adapting"
    assert "adapts to 'test' of phantom" in problem_text(tmp_path, text)


def test_transductive_is_true_or_false(tmp_path: Path) -> None:
    text = f"{BASE}transductive: maybe\n"
    assert "s.yaml:6:15: transductive: 'maybe': should be" in problem_text(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            NESTED % "method: adapting",
            "s.yaml:6:82: fit.init.fit.method: adapting needs fit.adapt_to",
        ),
        (
            "  probes: [segmentation, to_target]\n",
            "s.yaml:6:26: probes.1: to_target needs fit.adapt_to, the images to adapt to",
        ),
        (
            "  probes: [segmentation, to_target]\n",
            "s.yaml:6:26: probes.1: to_target needs an encoder, and tiny_unet has no `encoder`",
        ),
        (
            NESTED % "init: photos",
            "fit.init.fit.init: photos sets an encoder's weights, "
            "and tiny_unet has no `encoder`; take unet, say",
        ),
    ],
)
@pytest.mark.usefixtures("lab")
def test_what_a_component_needs_is_looked_for_wherever_it_stands(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in problem_text(tmp_path, BASE + text)


SEEN_BY_PICK = "  pick: {name: nearest, images: {name: phantom, style: vnc%s}}\n"
TESTED = "  test_on: {name: phantom, style: vnc}\n"


@pytest.mark.usefixtures("lab")
def test_images_that_a_pick_names_are_no_test_images(tmp_path: Path) -> None:
    text = BASE + TESTED + SEEN_BY_PICK % ", split: test"
    assert "pick.images: adapts to 'test' of phantom" in problem_text(tmp_path, text)
    training = loaded_study(tmp_path, BASE + TESTED + SEEN_BY_PICK % "")
    assert training.cells[0].trial.pick.options["images"].options["split"] == "train"


@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  pick: given\n", "given is given no images to adapt to; a pick names them"),
        (
            "  prepare: [{name: standardise, to: target}]\n",
            "prepare.0.to: a trial prepares its test images alone; leave `to` out",
        ),
    ],
)
def test_what_a_trial_cannot_give_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problem_text(tmp_path, BASE + text)


@pytest.mark.usefixtures("lab")
def test_a_target_that_nobody_looks_at_is_tested_freely(tmp_path: Path) -> None:
    unused = ADAPTING.replace("method: adapting", "method: supervised") % "test"
    assert loaded_study(tmp_path, BASE + unused).cells[0].trial.fit.target is None
    prepared = ADAPTING.replace("method: adapting", "prepare: [towards]") % "test"
    assert "adapts to 'test' of phantom" in problem_text(tmp_path, BASE + prepared)


def test_an_earlier_fit_may_have_the_encoder_that_its_own_start_needs(tmp_path: Path) -> None:
    unet = "init: photos, net: {arch: unet}"
    assert len(loaded_study(tmp_path, BASE + NESTED % unet).cells) == 1


PLAIN_LOSS = '''"""A loss that takes no weights."""

from torch import Tensor

from harness.components.losses import loss


@loss
def squares(logits: Tensor, masks: Tensor, ignore: int | None) -> Tensor:
    """The mean of squared differences."""
    return ((logits[:, 0] - masks) ** 2).mean()
'''


def test_weights_need_a_loss_that_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = "    method: {name: supervised, loss: %s, weight: %s}\n"
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "squares.py", PLAIN_LOSS)
        text = BASE + method % ("squares", "class_weight")
        expected = "fit.method.loss: squares takes no weights, and fit.method.weight is class_wei"
        assert expected in problem_text(tmp_path, text)
        for loss, weight in (("squares", "null"), ("ce", "class_weight")):
            text = BASE + method % (loss, weight)
            assert len(loaded_study(tmp_path, text).cells) == 1


def test_a_metric_of_one_name_comes_from_one_probe(tmp_path: Path) -> None:
    text = problem_text(tmp_path, BASE + "  probes: [segmentation, leep, transfer_risk]\n")
    assert "transfer_risk and leep both measure leep; take one of them" in text


def test_a_pick_that_names_the_fit_of_the_second_seed_is_found(tmp_path: Path) -> None:
    trained = "{train_on: {name: phantom, style: lucchi}, net: tiny_unet, seed: %d}"
    through = f"  pick: {{name: through, by: {trained}, score: source_validation}}\n"
    problem = "through names the fit that it picks from"
    text = f"seeds: [3, 4]\n{BASE}{through}"
    assert problem in problem_text(tmp_path, text % 4)
    assert problem not in problem_text(tmp_path, text % 5)


def test_a_seed_that_is_too_large_is_found_behind_others(tmp_path: Path) -> None:
    text = problem_text(tmp_path, f"seeds: [0, 1, {2**32}]\n{BASE}")
    assert "seed" in text
    assert str(2**32 - 1) in text.replace(",", "")
