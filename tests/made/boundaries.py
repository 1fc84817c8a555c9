"""Fits that are killed wherever they write, and everything that they leave."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from torch import Tensor

from harness.spec.records import FitRecord
from harness.spec.values import Fit, Part
from harness.store import Home, load_tensors, read_json
from harness.train import epoch, finish, loop
from tests.made.fits import CPU, Stop

TIMES = ("seconds/epoch", "at")  # columns of a history that a clock wrote
# whoever writes at the end of an epoch or a phase
BOUNDARIES: tuple[tuple[ModuleType | type, str], ...] = (
    (epoch, "save_tensors"),
    (loop, "save"),
    (loop, "save_tensors"),
)
# and whoever writes besides
ALL_WRITERS = (
    *BOUNDARIES,
    (loop, "append_line"),
    (finish, "save_tensors"),
    (finish, "write_json"),
    (Path, "unlink"),
)

Writers = Sequence[tuple[ModuleType | type, str]]


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
    record.pop("use", None)  # memory and energy, which no two runs share
    return Outcome(tensors, notes, history, record)


class Camera:
    """Copies the unfinished folder of a fit before and after each write that changes it."""

    def __init__(self, source: Path, copies: Path) -> None:
        self.source = source
        self.copies = copies
        self.paths: list[Path] = []
        self._seen: list[Any] = []

    def watching(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a function that writes, with a copy before and one after it."""

        def write_between(*arguments: Any, **settings: Any) -> Any:
            self._copy()
            result = write(*arguments, **settings)
            self._copy()
            return result

        return write_between

    def _copy(self) -> None:
        """Copies the folder if it is there and is not as it was at the last copy."""
        content = []
        for path in sorted(self.source.rglob("*")):
            status = path.stat()
            content.append((path.name, status.st_mtime_ns, status.st_size))
        if not content or content == self._seen:
            return
        self._seen = content
        path = self.copies / str(len(self.paths))
        shutil.copytree(self.source, path)
        self.paths.append(path)


def what_kills_leave(
    spec: Fit, picks: list[Part], home: Home, copies: Path, writers: Writers = BOUNDARIES
) -> list[Path]:
    """Trains a fit to its end, and returns what its folder would be if killed at each write."""
    camera = Camera(home.store("fits").partial(spec.key), copies)
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in writers:
            patch.setattr(owner, name, camera.watching(getattr(owner, name)))
        loop.fit(spec, picks, home, CPU)
    return camera.paths


def outcomes_of_kills(
    spec: Fit, picks: list[Part], copies: list[Path], homes: Path
) -> Iterator[tuple[str, Outcome]]:
    """Yields the outcome of a fit that goes on from each copy, and of one killed at each epoch."""
    for copy in copies:
        home = Home(homes / copy.name)
        shutil.copytree(copy, home.store("fits").partial(spec.key))
        loop.fit(spec, picks, home, CPU)
        yield f"killed at write {copy.name} of {len(copies)}", outcome_of(spec, home)
    home = Home(homes / "often")
    while not _ends_before_its_second_epoch(spec, picks, home):
        pass
    yield "killed again and again", outcome_of(spec, home)


def _ends_before_its_second_epoch(spec: Fit, picks: list[Part], home: Home) -> bool:
    """Trains a fit until it ends, or is killed when it has saved its state once."""
    save = loop.save

    def save_and_stop(*arguments: Any) -> None:
        save(*arguments)
        raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "save", save_and_stop)
        try:
            loop.fit(spec, picks, home, CPU)
        except Stop:
            return False
    return True
