"""Whatever torch was set to, float32 is float32 inside, and as it was set outside."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from harness.train.true_float32 import true_float32

BACKENDS: Any = torch.backends


def _set_nothing() -> None:
    """Leaves torch as it starts: convolutions on a card in TF32."""


def _allow_older_way() -> None:
    BACKENDS.cudnn.allow_tf32 = True
    BACKENDS.cuda.matmul.allow_tf32 = True


def _forbid_older_way() -> None:
    BACKENDS.cudnn.allow_tf32 = False
    BACKENDS.cuda.matmul.allow_tf32 = False


def _allow_newer_way() -> None:
    BACKENDS.fp32_precision = "tf32"


def _forbid_convolutions_newer_way() -> None:
    BACKENDS.cudnn.conv.fp32_precision = "ieee"


SETTINGS = [
    _set_nothing,
    _allow_older_way,
    _forbid_older_way,
    _allow_newer_way,
    _forbid_convolutions_newer_way,
]


def _newer_precisions() -> list[str]:
    return [
        BACKENDS.cudnn.conv.fp32_precision,
        BACKENDS.cudnn.rnn.fp32_precision,
        BACKENDS.cuda.matmul.fp32_precision,
        BACKENDS.mkldnn.matmul.fp32_precision,
    ]


def _older_answers() -> list[str]:
    answers = []
    for read in (
        lambda: BACKENDS.cudnn.allow_tf32,
        lambda: BACKENDS.cuda.matmul.allow_tf32,
        torch.get_float32_matmul_precision,
    ):
        try:
            answers.append(str(read()))
        except RuntimeError:
            answers.append("refused")
    return answers


@pytest.fixture
def untouched_settings() -> Iterator[None]:
    """Puts torch back as a process starts with it."""
    yield
    BACKENDS.fp32_precision = "none"
    BACKENDS.cudnn.allow_tf32 = True
    torch.set_float32_matmul_precision("highest")
    BACKENDS.cudnn.conv.fp32_precision = "tf32"
    BACKENDS.cudnn.rnn.fp32_precision = "tf32"
    BACKENDS.cuda.matmul.fp32_precision = "none"
    BACKENDS.mkldnn.matmul.fp32_precision = "none"


@pytest.mark.usefixtures("untouched_settings")
@pytest.mark.parametrize("change_settings", SETTINGS)
def test_inside_nothing_is_rounded_and_outside_all_is_as_before(
    change_settings: Callable[[], None],
) -> None:
    change_settings()
    before = _newer_precisions() + _older_answers()
    with true_float32():
        assert _newer_precisions() == ["ieee"] * 4
        assert _older_answers() == ["False", "False", "highest"]
        with true_float32():
            pass
        assert _newer_precisions() == ["ieee"] * 4
    assert _newer_precisions() + _older_answers() == before


def test_an_error_inside_leaves_nothing_behind() -> None:
    before = _newer_precisions()
    with pytest.raises(ZeroDivisionError), true_float32():
        _ = 1 / 0
    assert _newer_precisions() == before
