"""Float32 that is float32: what is measured is never rounded to the ten bits of TF32.

Convolutions on a card round their factors to TF32 unless it is switched off. A network trains as
well with it, but its saliency maps are off by a fifth, and differ between batch sizes by as much.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

EXACT = "ieee"


@contextmanager
def true_float32() -> Iterator[None]:
    """While it is open, convolutions and matrix products of float32 are those of float32.

    torch has an older and a newer way to say so, and refuses to answer where they differ; both are
    set here, and both are as they were afterwards.
    """
    cudnn = torch.backends.cudnn
    allowed = _older_setting(lambda: cudnn.allow_tf32)
    matmul = _older_setting(torch.get_float32_matmul_precision)
    settings = _newer_settings()
    before = [setting.fp32_precision for setting in settings]
    cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    for setting in settings:
        setting.fp32_precision = EXACT
    try:
        yield
    finally:
        if allowed is not None:
            cudnn.allow_tf32 = allowed
        if matmul is not None:
            torch.set_float32_matmul_precision(matmul)
        for setting, precision in zip(settings, before, strict=True):
            setting.fp32_precision = precision


def _newer_settings() -> list[Any]:
    """Lists what has a precision of its own in torch from 2.9 on."""
    backends: Any = torch.backends
    return [
        backends.cudnn.conv,
        backends.cudnn.rnn,
        backends.cuda.matmul,
        backends.mkldnn.conv,
        backends.mkldnn.rnn,
        backends.mkldnn.matmul,
    ]


def _older_setting(read: Any) -> Any:
    """Returns what the older way says, None where it is at odds with the newer one."""
    try:
        return read()
    except RuntimeError:
        return None
