"""What a study stands on, as BibTeX: papers of its components and tests, its data, its software."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from harness.report.formats import latex_text
from harness.spec.values import Part

ENTRY = re.compile(
    r"^@(?P<kind>\w+)\{(?P<key>\w+), (?P<fields>.*), usedby = \{(?P<users>[^{}]*)\}\}$"
)
FIELD_START = re.compile(r"(?:^|, )(\w+) = \{")
DOI = re.compile(r"doi (10\.[^\s,;()]+)")
NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9_-]+")

Fields = Mapping[str, str]  # of an entry, as BibTeX writes them


@dataclass(frozen=True)
class Reference:
    """An entry of a bibliography, and the components or packages that it speaks of."""

    kind: str
    key: str
    fields: Fields
    users: tuple[str, ...] = ()

    @property
    def bibtex(self) -> str:
        """The entry as BibTeX reads it, a field a line."""
        lines = [f"@{self.kind}{{{self.key},"]
        for name, text in self.fields.items():
            lines.append(f"  {name} = {{{text}}},")
        return "\n".join([*lines, "}"])


@cache
def known_references() -> tuple[Reference, ...]:
    """The references that harness knows, in the order of its file."""
    text = files("harness.report").joinpath("references.bib").read_text(encoding="utf-8")
    references = []
    for line in text.splitlines():
        if line.startswith("@"):
            references.append(_read_entry(line))
    return tuple(references)


def _read_entry(line: str) -> Reference:
    """An entry, which stands in one line of the file."""
    entry = ENTRY.match(line)
    if entry is None:
        raise ValueError(f"references.bib: no entry with `usedby` at its end: {line[:60]}")
    parts = FIELD_START.split(entry["fields"])
    fields = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        fields[name] = text.removesuffix("}")
    users = tuple(user.strip() for user in entry["users"].split(","))
    return Reference(entry["kind"], entry["key"], fields, users)


def user_of(part: Part) -> str:
    """What a component is called where references name it: `net/unet`."""
    return f"{part.kind}/{part.name}"


def citation(*users: str) -> str:
    """' [ronneberger2015]': the references of components, to stand behind their name."""
    keys = [reference.key for reference in references_of(users)]
    return f" [{', '.join(keys)}]" if keys else ""


def references_of(users: Iterable[str]) -> Iterator[Reference]:
    """The known references that speak of any of these components or packages."""
    names = set(users)
    for reference in known_references():
        if not names.isdisjoint(reference.users):
            yield reference


def data_reference(part: Part) -> Reference | None:
    """The entry of a data set that has an origin to cite; None for one that is drawn or the user's
    own.
    """
    facts = part.component.facts
    if not facts.citation:
        return None
    fields = {"title": f"{{{latex_text(part.name)}}}: {latex_text(part.component.sentence)}"}
    doi = DOI.search(facts.citation)
    if doi is not None:
        fields["doi"] = doi[1]
    if facts.url:
        fields["url"] = facts.url
    notes = [facts.citation]
    if facts.licence:
        notes.append(f"licence: {facts.licence}")
    fields["note"] = latex_text("; ".join(notes))
    return Reference("misc", data_key(part), fields)


def data_key(part: Part) -> str:
    """The key by which the bibliography calls a data set."""
    return "data-" + NOT_IN_A_KEY.sub("-", part.name)


def software_references(versions: Mapping[str, str], commits: str) -> Iterator[Reference]:
    """The packages that have a paper to cite, with the versions that ran, and harness itself."""
    fields = {"author": "{The harness authors}", "title": "harness"}
    if versions.get("harness"):
        fields["version"] = latex_text(versions["harness"])
    if commits:
        fields["note"] = latex_text(f"code: {commits}")
    yield Reference("software", "harness", fields)
    for name, version in versions.items():
        for reference in references_of([f"software/{name}"]):
            note = {"note": latex_text(f"version {version}")}
            yield Reference(reference.kind, reference.key, {**reference.fields, **note})


def bibtex(references: Sequence[Reference]) -> str:
    """A file of references, each once."""
    texts = {reference.key: reference.bibtex for reference in references}
    return "\n\n".join(texts.values()) + "\n"
