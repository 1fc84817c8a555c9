"""The answer of a study kept beside its records, so that whoever looks has it at once.

It counts only as long as the records, the study file and harness's own code are those that it was
judged from.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.judge.verdicts import Verdicts
from harness.record.database import Run
from harness.record.lookups import Version
from harness.spec.shipped_code import digest_of_code
from harness.store import Home, file_name, read_json, write_json
from harness.study.extends import files_with_parents
from harness.study.load import Study
from harness.study.marks import Mistakes


@dataclass(frozen=True)
class AnswerLine:
    """The answer to one declared comparison."""

    name: str
    is_primary: bool
    is_confirmatory: bool
    text: str


@dataclass(frozen=True)
class KeptAnswer:
    """What a study answers, without the values behind it."""

    headline: str
    lines: tuple[AnswerLine, ...]
    changed: str

    @classmethod
    def read(cls, raw: dict[str, Any]) -> "KeptAnswer":
        """Reads what `asdict` wrote."""
        lines = []
        for line in raw["lines"]:
            lines.append(AnswerLine(**line))
        return cls(raw["headline"], tuple(lines), raw["changed"])


def answer_of(verdicts: Verdicts) -> KeptAnswer:
    """The answers of a study, in plain sentences, the primary ones first."""
    lines = []
    for verdict in verdicts.primary_first:
        comparison = verdict.comparison
        line = AnswerLine(
            comparison.name, comparison.primary, verdict.confirmatory, text=verdict.plain
        )
        lines.append(line)
    return KeptAnswer(verdicts.headline, tuple(lines), verdicts.changed)


def version_of(recorded: Sequence[Run]) -> Version:
    """A value that changes when a run of a study has ended, as the database counts it."""
    return len(recorded), max((run.ended for run in recorded), default=0)


def keep_answer(home: Home, study: Study, verdicts: Verdicts, version: Version) -> None:
    """Keeps what a study answers; a full disk or a strange folder ends nothing.

    That of a search is not kept, for it depends on what the search has tried; nor is any where
    there is no home, as on a computer that reads from a server.
    """
    if study.search is not None or not home.hidden.is_dir():
        return
    with suppress(OSError, ValueError, Mistakes):
        path = _file_of_answer(home, study.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        value = {"key": _key(study.path, version), **asdict(answer_of(verdicts))}
        write_json(path, value)


def kept_answer(home: Home, study: str, path: Path, version: Version) -> KeptAnswer | None:
    """The answer that was kept of a study file; None where it was judged from something else."""
    try:
        raw = read_json(_file_of_answer(home, study))
        if raw["key"] != _key(path, version):
            return None
        return KeptAnswer.read(raw)
    except (OSError, ValueError, TypeError, LookupError, Mistakes):
        return None


def _file_of_answer(home: Home, study: str) -> Path:
    return home.hidden / "answers" / f"{file_name(study)}.json"


def _key(path: Path, version: Version) -> str:
    """A hash of everything that an answer depends on."""
    digest = hashlib.sha256(digest_of_code().encode())
    digest.update(repr(version).encode())
    for file in files_with_parents(path):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
