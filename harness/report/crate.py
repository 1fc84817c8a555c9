"""A report as an RO-Crate 1.1: everything that it stands on, and a file that says what each is."""

import json
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from harness.report.evidence import Evidence
from harness.report.methods.data import data_sets
from harness.report.methods.machines import SOFTWARE, software_versions
from harness.report.methods.paragraphs import trials_of
from harness.spec.values import Part
from harness.store import write
from harness.study.load import Study

METADATA = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "https://w3id.org/ro/crate/1.1"
NO_LICENCE = "The authors have not stated a licence."
FIRST_TIME = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the earliest that a ZIP can say; the same crate, the same bytes

Entity = dict[str, Any]  # of JSON-LD

# What lies in a crate, by the end of a name: its media type.
MEDIA_TYPES = {
    ".html": "text/html",
    ".md": "text/markdown",
    ".tex": "application/x-tex",
    ".bib": "application/x-bibtex",
    ".csv": "text/csv",
    ".yaml": "application/yaml",
    ".json": "application/json",
    ".txt": "text/plain",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# What is in a file of this name.
DESCRIPTIONS = {
    "report.html": "The report: answer, figures, tables, methods, checklists, runs",
    "report.md": "The comparisons as Markdown",
    "report.tex": "The comparisons as LaTeX tables",
    "references.bib": "Papers, data and software that the study stands on",
    "arms.csv": "Each arm: mean, interval, n, trials",
    "contrasts.csv": "Each contrast: estimate, interval, p, effect",
    "values.csv": "The values behind each arm, one line for each unit",
    "tables.csv": "The tables of the study",
    "averages.csv": "Correlations averaged over strata",
    "points.csv": "The points of the search",
    "runs.csv": "Every run with its settings and its state",
    "rows.csv": "Every measured row, joined to the runs by the column run",
    "study.resolved.yaml": "The study file, what it extends filled in",
    "trials.json": "Every trial with all of its settings, by its key",
    "records.json": "What each run recorded of itself: machine, code, times, means",
    "packages.txt": "The installed packages of the newest run",
}


@dataclass(frozen=True)
class CrateContent:
    """What a crate is made of."""

    study: Study
    answer: str
    evidence: Evidence
    files: Mapping[str, bytes]


def write_crate(target: Path, content: CrateContent) -> None:
    """Writes a crate into a folder, or as one file where the target is called .zip."""
    files = {**content.files, METADATA: metadata(content).encode()}
    if target.suffix == ".zip":
        target.parent.mkdir(parents=True, exist_ok=True)
        write(target, _zip_of(files))
        return
    if target.exists() and not target.is_dir():
        raise ValueError(
            f"{target} is a file, and no folder; name a folder for the crate, or a file .zip"
        )
    for name, text in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, text)


def _zip_of(files: Mapping[str, bytes]) -> bytes:
    """Files as one ZIP, in the order of their names."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, FIRST_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return packed.getvalue()


def metadata(content: CrateContent) -> str:
    """The metadata of a crate as JSON-LD; who made the study is not recorded, and not said."""
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "conformsTo": {"@id": PROFILE},
            "about": {"@id": "./"},
        },
        _root(content),
        *_files(content.files),
        *_data(data_sets(trials_of(content.study))),
        *_software(content.evidence),
        _action(content),
    ]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False)


def _root(content: CrateContent) -> Entity:
    """The crate itself: its name, the question with its answer, and what lies in it."""
    study = content.study
    parts = [{"@id": name} for name in content.files]
    mentions = [{"@id": _data_id(part)} for part in data_sets(trials_of(study))]
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": study.name,
        "description": f"{study.question} {content.answer}".strip(),
        "datePublished": time.strftime("%Y-%m-%d", time.gmtime()),
        "license": NO_LICENCE,
        "hasPart": parts,
        "mentions": [*mentions, {"@id": "#study"}],
    }


def _files(files: Mapping[str, bytes]) -> Iterator[Entity]:
    """What each file is."""
    for name, text in files.items():
        suffix = Path(name).suffix
        yield {
            "@id": name,
            "@type": "File",
            "name": DESCRIPTIONS.get(name, name),
            "encodingFormat": MEDIA_TYPES.get(suffix, "application/octet-stream"),
            "contentSize": str(len(text)),
        }


def _data(parts: Sequence[Part]) -> Iterator[Entity]:
    """The data sets, which do not lie in the crate: licence, address and fingerprint."""
    for part in parts:
        facts = part.component.facts
        entity: Entity = {
            "@id": _data_id(part),
            "@type": "Dataset",
            "name": part.level,
            "description": part.component.sentence,
        }
        if part.options.get("fingerprint"):
            entity["identifier"] = part.options["fingerprint"]
        optional = {"url": facts.url, "license": facts.licence, "citation": facts.citation}
        yield {**entity, **{name: text for name, text in optional.items() if text}}


def _data_id(part: Part) -> str:
    return f"#data-{part.key}"


def _software(evidence: Evidence) -> Iterator[Entity]:
    """The software that trained, measured and judged."""
    versions = software_versions(evidence)
    for name in ("harness", *SOFTWARE):
        if name == "harness" or name in versions:
            entity = {"@id": f"#software-{name}", "@type": "SoftwareApplication", "name": name}
            if name in versions:
                entity["softwareVersion"] = versions[name]
            yield entity


def _action(content: CrateContent) -> Entity:
    """The study as what was done: from its file, by software, to report and rows."""
    times = [run.started for run in content.evidence.runs if run.started]
    ends = [run.ended for run in content.evidence.runs if run.ended]
    action: Entity = {
        "@id": "#study",
        "@type": "CreateAction",
        "name": content.study.name,
        "instrument": [{"@id": entity["@id"]} for entity in _software(content.evidence)],
        "object": [{"@id": "study.resolved.yaml"}],
        "result": [{"@id": name} for name in ("report.html", "rows.csv")],
    }
    if times and ends:
        action["startTime"] = _time_text(min(times))
        action["endTime"] = _time_text(max(ends))
    return action


def _time_text(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(milliseconds / 1000))
