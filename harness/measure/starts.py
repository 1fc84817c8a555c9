"""What a start says of a network before anything is trained, and where a sentence belongs."""

import re

from torch import nn

from harness.spec.catalogue import load_component
from harness.spec.values import Part
from harness.spec.walk import parts_in

PLACE_IN_FIT = re.compile(r"fit\.(net|init)(?:\.\w+)?: ")


def ask_start(net: nn.Module, init: Part) -> None:
    """Lets a start refuse a network that it has no weights for: `refuse_NAME` beside it may."""
    for part in parts_in(init):
        if part.kind != "init":
            continue
        module = load_component("init", part.name).__globals__
        refuse = module.get(f"refuse_{part.name}")
        if refuse is not None:
            refuse(net, **part.options)


def place_in_fit(sentence: str) -> tuple[str, str]:
    """The setting of a fit that a sentence begins with, and the rest of the sentence."""
    match = PLACE_IN_FIT.match(sentence)
    if match is None:
        return "net", sentence
    return match[1], sentence[match.end() :]
