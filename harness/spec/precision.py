"""`precision: auto`: what this machine trains in; the answer, not the word, is part of the key."""

import os
import shutil
import subprocess
from functools import lru_cache
from typing import Any

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
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    question = [tool, "--query-gpu=compute_cap", "--format=csv,noheader"]
    answer = subprocess.run(question, capture_output=True, text=True, check=False)
    capabilities = answer.stdout.split()
    if answer.returncode != 0 or not capabilities:
        return False
    return all(_is_at_least(text, FIRST_WITH_HALF) for text in capabilities)


def _is_at_least(text: str, least: float) -> bool:
    try:
        return float(text) >= least
    except ValueError:
        return False
