"""Software, hardware and cost of a study as paragraphs, from what its runs recorded."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.record.database import Run
from harness.report.bibliography import citation
from harness.report.evidence import Evidence
from harness.report.methods.costs import cost_sentences
from harness.report.methods.words import count_text, distinct, list_text

# Packages whose versions may change numbers, as the list of a run's packages calls them.
SOFTWARE = (
    *("torch", "torchvision", "segmentation_models_pytorch", "timm", "captum", "numpy", "scipy"),
    *("scikit-image", "statsmodels", "optuna", "mlflow"),
)
COMMIT_TAG = "mlflow.source.git.commit"
COMMIT_DIGITS = 10


def software_versions(evidence: Evidence) -> dict[str, str]:
    """The versions of the packages that may change numbers, and of harness."""
    packages = {name.lower().replace("-", "_"): text for name, text in evidence.packages.items()}
    versions = {}
    for name in ("harness", *SOFTWARE):
        version = packages.get(name.lower().replace("-", "_"))
        if version is not None:
            versions[name] = version
    return versions


def commits_text(runs: Sequence[Run]) -> str:
    """The commits of harness's code that runs come from; empty where none is recorded."""
    commits = distinct(run.tags.get(COMMIT_TAG, "") for run in runs)
    names = []
    for commit in filter(None, commits):
        names.append(f"commit {commit[:COMMIT_DIGITS]}")
    return list_text(names)


def software_text(evidence: Evidence) -> str:
    """What ran, with versions; several versions are all said."""
    sentences = []
    commits = commits_text(evidence.runs)
    changed = sum("harness.dirty" in run.tags for run in evidence.runs)
    version = software_versions(evidence).get("harness", "")
    code = f"harness {version}".strip()
    if commits:
        code += f" ({commits})"
    if changed:
        code += f", {changed} of {len(evidence.runs)} runs with uncommitted changes that they keep"
    sentences.append(f"Training, measuring and judging were done by {code}")
    interpreters = distinct(_interpreter(origin) for origin in _origins(evidence))
    if interpreters:
        sentences.append(f"It ran on {list_text(interpreters)}")
    packages = []
    for name, version in software_versions(evidence).items():
        if name != "harness":
            packages.append(f"{name} {version}{citation(f'software/{name}')}")
    if packages:
        sentences.append(f"Packages of the newest run: {', '.join(packages)}")
    return " ".join(f"{sentence}." for sentence in sentences)


def _origins(evidence: Evidence) -> Iterator[Mapping[str, Any]]:
    """Where each fit and each trial was made, as far as that is recorded."""
    for result in evidence.results.values():
        for origin in (result["fit"].get("origin"), result.get("origin")):
            if origin:
                yield origin


def _interpreter(origin: Mapping[str, Any]) -> str:
    """'Python 3.11.7 and torch 2.13.0 (linux)'."""
    python = origin.get("python", "?")
    torch = origin.get("torch", "?")
    return f"Python {python} and torch {torch} ({origin.get('platform', '?')})"


def hardware_text(evidence: Evidence, *, others_before: bool) -> str:
    """The machines, and what trainings and measurements took on them."""
    machines = Counter(_machine(run) for run in evidence.runs)
    texts = [f"{machine} ({count_text(count, 'run')})" for machine, count in machines.items()]
    sentences = [f"Runs were made on {list_text(texts)}"]
    sentences += cost_sentences(evidence, others_before=others_before)
    return " ".join(f"{sentence}." for sentence in sentences)


def _machine(run: Run) -> str:
    """The machine of a run by its cores and its device; its name is nobody's business."""
    words = [run.tags.get("harness.machine", ""), run.tags.get("harness.device", "")]
    return ", ".join(filter(None, words)) or "a machine that is not recorded"
