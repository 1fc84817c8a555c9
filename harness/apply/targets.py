"""Where masks go: a file for each image, none over a file that somebody else has made.

A small ledger in the folder says which masks are finished and by which recipe, so that a call that
was killed goes on, and a call with other settings is refused rather than mixed in.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.apply.masks import mask_path
from harness.data.files.stamps import file_stamp
from harness.data.refused import Refused, first_few
from harness.store import read_json, write_json

LEDGER = ".harness-predict.json"


@dataclass(frozen=True)
class Targets:
    """The folder of the masks, and the recipe by which they are made."""

    folder: Path
    recipe: str
    force: bool = False

    @cached_property
    def _notes(self) -> dict[str, str]:
        """Name of a finished mask -> the recipe and the image that it is made of."""
        file = self.folder / LEDGER
        if self.force or not file.exists():
            return {}
        notes: dict[str, str] = read_json(file)
        return notes

    def check(self, images: Sequence[Path]) -> list[Path]:
        """The file for each image; `Refused` where it would destroy something, or cannot be."""
        targets = [mask_path(image, self.folder) for image in images]
        _check_distinct(images, targets)
        self._check_folder()
        in_the_way = []
        for image, target in zip(images, targets, strict=True):
            if target.exists() and target.resolve() == image.resolve():
                raise Refused(
                    f"--out {self.folder}: the mask of {image.name} would replace the image; say "
                    "another folder"
                )
            is_own = self.is_finished(image, target)
            if target.exists() and not is_own and not self.force:
                in_the_way.append(target.name)
        if in_the_way:
            raise Refused(
                f"--out {self.folder}: it holds {first_few(in_the_way, 3)} already, made by other "
                "settings or by something else; say another folder, or --force to replace"
            )
        return targets

    def _check_folder(self) -> None:
        """Makes the folder; `Refused` where nothing can be written into it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = error.strerror or str(error)
            raise Refused(
                f"--out {self.folder}: the folder cannot be made ({problem}); say another"
            ) from error
        if not os.access(self.folder, os.W_OK):
            raise Refused(
                f"--out {self.folder}: nothing can be written into this folder; say another"
            )

    def is_finished(self, image: Path, target: Path) -> bool:
        """Whether this mask is made of this image, by this recipe."""
        if not target.exists():
            return False
        note = self._notes.get(target.name)
        return note == self._note_of(image)

    def note(self, image: Path, target: Path) -> None:
        """Says that a mask is finished."""
        self._notes[target.name] = self._note_of(image)
        write_json(self.folder / LEDGER, self._notes)

    def _note_of(self, image: Path) -> str:
        return f"{self.recipe} {file_stamp(image.resolve())}"


def _check_distinct(images: Sequence[Path], targets: Sequence[Path]) -> None:
    """Refuses two images whose masks would have one name."""
    image_of: dict[Path, Path] = {}
    for image, target in zip(images, targets, strict=True):
        earlier = image_of.setdefault(target, image)
        if earlier is not image:
            raise Refused(
                f"{image} and {earlier} would both get the mask {target.name}; predict them in two "
                "calls, into two folders"
            )
