"""What tells CUT from FastCUT, and from a translation the other way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Direction = Literal["to_source", "to_target"]


@dataclass(frozen=True)
class Recipe:
    """What is translated into which style, and how its content is held."""

    direction: Direction
    layers: Sequence[int]
    patches: int
    temperature: float
    weight: float  # of PatchNCE
    identity: bool  # PatchNCE for images that have the style already, too
    mirrors: bool  # half of the batches are mirrored before the translation
