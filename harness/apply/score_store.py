"""Scores that are computed once: a line for each image, by the digests of model and image.

A line that a kill has cut short is passed over, and written again.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from harness.apply.own_images import Plane
from harness.store import Home

FOLDER = "scores"
Values = Mapping[str, float]  # label of a column -> value


@dataclass(frozen=True)
class ScoreStore:
    """The scores of one model by one question."""

    path: Path

    @classmethod
    def of(cls, home: Home, *digests: str) -> "ScoreStore":
        """The scores of what these digests say."""
        text = " ".join(digests)
        name = hashlib.sha256(text.encode()).hexdigest()[:20]
        return cls(home.hidden / FOLDER / f"{name}.jsonl")

    @cached_property
    def _lines(self) -> dict[str, dict[str, float]]:
        """Digest of an image -> its scores."""
        lines: dict[str, dict[str, float]] = {}
        if not self.path.exists():
            return lines
        for text in self.path.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
            except json.JSONDecodeError:
                continue
            lines[line["image"]] = line["scores"]
        return lines

    def find(self, image: str) -> Values | None:
        """The scores of an image, None while there are none."""
        return self._lines.get(image)

    def add(self, image: str, values: Values) -> None:
        """Keeps the scores of an image."""
        self._lines[image] = dict(values)
        line = json.dumps({"image": image, "scores": dict(values)})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(handle, f"\n{line}\n".encode())  # on a line of its own, whatever stands before
        finally:
            os.close(handle)


def digest_of_plane(plane: Plane, slices: int = 1) -> str:
    """A hash of an image and its name, from which perturbations are drawn, and its neighbours."""
    content = hashlib.blake2b(f"{plane.file.path.name} {plane.name}".encode(), digest_size=12)
    reach = slices // 2
    first = max(0, plane.index - reach)
    last = min(len(plane.file.planes), plane.index + reach + 1)
    for index in range(first, last):
        pixels = np.ascontiguousarray(plane.file.planes[index])
        content.update(f"{pixels.shape} {pixels.dtype}".encode())
        content.update(pixels.tobytes())
    return content.hexdigest()
