"""What the bytes behind a component are: examined once, and again where a file has changed."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.data.examine import examine
from harness.data.files.stamps import Stamp, file_stamp
from harness.data.files.stored import forget_decoded
from harness.data.fingerprint import fingerprint
from harness.data.open_dataset import is_drawn, open_anew
from harness.data.refused import with_home
from harness.data.scans import Scans
from harness.spec.values import Part
from harness.spec.walk import validation_of
from harness.store import Home, read_json, write_json

# Two changes within one tick of a file system's clock leave one time; the coarsest ticks in ns.
CLOCK_TICK = 2 * 10**9


@dataclass(frozen=True)
class Identity:
    """What the bytes of a component's files are."""

    fingerprint: str
    digests: Mapping[str, str] = field(default_factory=dict)  # image -> hash of its pixels
    validation: str = ""  # the fingerprint of the validation split beside a training split
    stamps: Mapping[str, str] = field(default_factory=dict)  # file -> its state when it was read
    read_at: int = 0  # ns; when the reading began

    def to_plain(self) -> dict[str, Any]:
        """Returns the identity as JSON."""
        return {
            "stamps": self.stamps,
            "read_at": self.read_at,
            "fingerprint": self.fingerprint,
            "digests": self.digests,
            "held": self.validation,
        }

    @property
    def mark(self) -> str:
        """What goes into a key.

        A training set stands for its validation split too: picks and patience look at it.
        """
        mark = self.fingerprint[:24]
        return f"{mark}-{self.validation[:12]}" if self.validation else mark

    def holds_for(self, stamps: Mapping[str, Stamp]) -> bool:
        """Whether files with these stamps are, beyond doubt, those that were read.

        A file that changed just before it was read, or later, may have changed once more since.
        """
        if not stamps or self.changed_files(stamps):
            return False
        newest = max(stamp.changed for stamp in stamps.values())
        return newest + CLOCK_TICK < self.read_at

    def changed_files(self, stamps: Mapping[str, Stamp]) -> list[str]:
        """The files that are new, gone or changed since they were read."""
        changed = []
        for file in sorted({*self.stamps, *stamps}):
            stamp = stamps.get(file)
            if stamp is None or self.stamps.get(file) != stamp.code:
                changed.append(file)
        return changed


@dataclass(frozen=True)
class OpenedFiles:
    """The files of a component as they stand now, and the way to examine what is in them."""

    stamps: Mapping[str, Stamp]
    read: Callable[[], Identity]
    began: int = 0

    def examine(self) -> Identity:
        """Reads all bytes; what is wrong with them is a ValueError."""
        forget_decoded()
        stamps = {file: stamp.code for file, stamp in self.stamps.items()}
        return replace(self.read(), stamps=stamps, read_at=self.began)


def depends_on_files(part: Part) -> bool:
    """Whether the result of a component depends on the bytes of files."""
    is_real_data = part.kind == "dataset" and not is_drawn(part)
    return bool(part.reads) or is_real_data


def identity_of(part: Part, home: Home) -> Identity:
    """What the bytes of a component are; read again only where a file may have changed."""
    files = open_files(part, home)
    earlier = load_identity(part, home)
    if earlier is not None and earlier.holds_for(files.stamps):
        return earlier
    identity = files.examine()
    save_identity(part, home, identity)
    return identity


def open_files(part: Part, home: Home) -> OpenedFiles:
    """The files of a component, opened by their headers."""
    began = time.time_ns()
    files = _file_of(part) if part.reads else _files_of_data(part, home)
    return replace(files, began=began)


def load_identity(part: Part, home: Home) -> Identity | None:
    """What an earlier command has noted; None where there is nothing that can be read."""
    try:
        raw = read_json(_note_of(part, home))
        return Identity(
            raw["fingerprint"], raw["digests"], raw["held"], raw["stamps"], raw["read_at"]
        )
    except (OSError, ValueError, LookupError, TypeError):
        return None


def save_identity(part: Part, home: Home, identity: Identity) -> None:
    """Notes what the bytes of a component are; a plan alone writes nothing."""
    if not identity.stamps or not home.hidden.exists():
        return
    note = _note_of(part, home)
    note.parent.mkdir(exist_ok=True)
    write_json(note, identity.to_plain())


def _note_of(part: Part, home: Home) -> Path:
    """The file of an identity: the same whether the part carries its fingerprint or not."""
    unmarked = Part(part.kind, part.name, {**part.options, "fingerprint": None})
    return home.hidden / "fingerprints" / f"{unmarked.key}.json"


def _file_of(part: Part) -> OpenedFiles:
    """The one file that a component reads."""
    path = with_home(part.options[str(part.reads)])
    if not path.is_file():
        raise ValueError(
            f"{part.reads}: no file {path}; paths are relative to the folder that harness runs in"
        )

    def read() -> Identity:
        """Reads every image, and refuses what cannot be used."""
        with open(path, "rb") as handle:
            return Identity(hashlib.file_digest(handle, "sha256").hexdigest())

    return OpenedFiles({str(path): file_stamp(path)}, read)


def _files_of_data(part: Part, home: Home) -> OpenedFiles:
    """The files of a split, and of the validation split beside a training split."""
    data = open_anew(part, home)
    validation = _open_validation(part, home)
    stamps: dict[str, Stamp] = {}
    for scans in (data, validation):
        if scans is not None:
            stamps.update({str(path): file_stamp(path) for path in scans.sources})

    def read() -> Identity:
        """Reads every image, and refuses what cannot be used."""
        contents = examine(data)
        if contents.problems:
            raise ValueError("; ".join(contents.problems))
        digests = dict(zip(data.ids, contents.digests, strict=True))
        held_out = "" if validation is None else fingerprint(validation)
        return Identity(fingerprint(data), digests, held_out)

    return OpenedFiles(stamps, read)


def _open_validation(part: Part, home: Home) -> Scans | None:
    """The validation split beside a training split, where there is one."""
    if part.options["split"] != "train":
        return None
    try:
        return open_anew(validation_of(part), home)
    except LookupError:
        return None
