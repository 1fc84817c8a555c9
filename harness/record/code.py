"""Which code ran: commit, changes, packages."""

import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Code:
    """The state of the code that ran."""

    commit: str = ""
    diff: str = ""
    packages: str = ""


def code_state() -> Code:
    """The commit and the uncommitted changes of the harness that runs, and the versions it stands on."""
    root = Path(__file__).parents[2]
    commit, diff = "", ""
    if (root / ".git").exists():
        commit = _git(root, "rev-parse", "HEAD")
        diff = _git(root, "diff", "HEAD")
    listed = sorted(
        {
            f"{d.metadata['Name']}=={d.version}"
            for d in metadata.distributions()
            if d.metadata["Name"]
        }
    )
    return Code(commit, diff, "\n".join(listed) + "\n")


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
