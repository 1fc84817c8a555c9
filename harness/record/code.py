"""Which code ran: commit, changes, packages."""

import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path


@dataclass(frozen=True)
class Code:
    """The state of the code that ran."""

    commit: str = ""
    diff: str = ""
    packages: str = ""


def code_state() -> Code:
    """The commit and the changes of the code that runs, and the packages it stands on."""
    root = Path(__file__).parents[2]
    commit, diff = "", ""
    if (root / ".git").exists():
        commit = _git(root, "rev-parse", "HEAD")
        diff = _git(root, "diff", "HEAD")
    packages: set[str] = set()
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            packages.add(f"{name}=={distribution.version}")
    return Code(commit, diff, "\n".join(sorted(packages)) + "\n")


def _git(root: Path, *words: str) -> str:
    """What a git command prints; nothing where there is no git, or it takes too long."""
    command = ["git", "-C", str(root), *words]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.strip() if process.returncode == 0 else ""
