"""Fits that are killed at the boundaries of epochs and phases, and everything that they leave."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from harness.spec.records import FitRecord
from harness.spec.values import Fit, Part
from harness.store import Home, load_tensors, read_json
from harness.train import loop
from tests.made.fits import CPU, Stop

TIMES = ("seconds/epoch", "at")  # columns of a history that a clock wrote
WRITERS = ("save", "save_tensors", "finish")  # what the loop calls at a boundary


@dataclass(frozen=True)
class Outcome:
    """All that a finished fit says, but for what a clock wrote."""

    tensors: dict[str, dict[str, Tensor]]  # of each checkpoint
    notes: dict[str, Any]  # of each checkpoint
    history: list[dict[str, Any]]
    record: dict[str, Any]

    def differences(self, expected: "Outcome") -> list[str]:
        """Names what is not as expected, to the bit."""
        names = []
        if self.tensors.keys() != expected.tensors.keys():
            names.append("checkpoints")
        for checkpoint, tensors in expected.tensors.items():
            own = self.tensors.get(checkpoint, {})
            for name, value in tensors.items():
                if name not in own or own[name].numpy().tobytes() != value.numpy().tobytes():
                    names.append(f"{checkpoint}: {name}")
        for part in ("notes", "history", "record"):
            if getattr(self, part) != getattr(expected, part):
                names.append(part)
        return names


def outcome_of(spec: Fit, home: Home) -> Outcome:
    """Reads what a finished fit left in its folder."""
    folder = home.store("fits").path(spec.key)
    tensors, notes = {}, {}
    for path in sorted(folder.glob("*.safetensors")):
        tensors[path.name], notes[path.name] = load_tensors(path)
    history = read_json(folder / "history.json")
    for row in history:
        for name in TIMES:
            del row[name]
    record = read_json(folder / FitRecord.FILE)
    del record["seconds"]
    return Outcome(tensors, notes, history, record)


class Boundaries:
    """Counts the boundaries that a fit passes, and kills it at one of them."""

    def __init__(self, kill_at: int | None) -> None:
        self.kill_at = kill_at
        self.count = 0

    def passing(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a function that writes, with a boundary before and one after it."""

        def write_between(*arguments: Any, **settings: Any) -> Any:
            self._pass()
            written = write(*arguments, **settings)
            self._pass()
            return written

        return write_between

    def _pass(self) -> None:
        self.count += 1
        if self.count == self.kill_at:
            raise Stop


def train_once(spec: Fit, picks: list[Part], home: Home, kill_at: int | None = None) -> int:
    """Trains a fit in one process, which is killed at a boundary if a number is given.

    Returns how many boundaries it passed.
    """
    boundaries = Boundaries(kill_at)
    with pytest.MonkeyPatch.context() as patch:
        for name in WRITERS:
            patch.setattr(loop, name, boundaries.passing(getattr(loop, name)))
        loop.fit(spec, picks, home, CPU)
    return boundaries.count


def outcomes_of_kills(
    spec: Fit, picks: list[Part], folder: Path, total: int
) -> Iterator[tuple[str, Outcome]]:
    """Yields the outcome of a fit killed at each of its boundaries, and at one after another."""
    for number in range(1, total + 1):
        home = Home(folder / str(number))
        with pytest.raises(Stop):
            train_once(spec, picks, home, number)
        train_once(spec, picks, home)
        yield f"killed at boundary {number} of {total}", outcome_of(spec, home)
    home = Home(folder / "often")
    for _ in range(total):
        try:
            train_once(spec, picks, home, kill_at=3)  # 2 would come before anything is saved
        except Stop:
            continue
        break
    train_once(spec, picks, home)
    yield "killed again and again", outcome_of(spec, home)
