"""`precision: auto`: what this machine trains in; the answer, not the word, is part of the key."""

import os
from functools import lru_cache
from typing import Any

from harness.spec.driver import ask_driver

AUTO = "auto"
FIRST_WITH_HALF = 8.0  # compute capability of the first cards that gain by bfloat16 (Ampere)


def settings_of_precision(settings: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings of a fit with what `precision: auto` means on this machine.

    On a card that gains by it: bfloat16, and images with their channels last unless the study says
    otherwise. Anywhere else: float32.
    """
    if settings.get("precision") != AUTO:
        return settings
    if not card_gains_by_half():
        return {**settings, "precision": "float32"}
    return {"channels_last": True, **settings, "precision": "bfloat16"}


@lru_cache(maxsize=1)
def card_gains_by_half() -> bool:
    """Tells whether every GPU that this process may use is made for bfloat16, without torch."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return False
    capabilities = ask_driver("--query-gpu=compute_cap", "--format=csv,noheader").split()
    if not capabilities:
        return False
    return all(_is_at_least(text, FIRST_WITH_HALF) for text in capabilities)


def _is_at_least(text: str, least: float) -> bool:
    try:
        return float(text) >= least
    except ValueError:
        return False
