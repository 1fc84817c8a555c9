"""Which code ran: commit, changes, packages."""

import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from harness.spec.walk import parts_in
from harness.study.cells import Cell


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
        diff = "\n".join(filter(None, [_git(root, "diff", "HEAD"), _untracked_files(root)]))
    packages: set[str] = set()
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            packages.add(f"{name}=={distribution.version}")
    return Code(commit, diff, "\n".join(sorted(packages)) + "\n")


def sources_outside(cell: Cell) -> dict[str, str]:
    """The files of components outside the package, which no commit of harness holds."""
    sources = {}
    for part in parts_in(cell.trial):
        component = part.component
        if component.digest:
            file = Path(component.defined_at.rsplit(":", 1)[0])
            sources[f"components/{part.kind}_{file.name}"] = file.read_text(encoding="utf-8")
    return sources


def _untracked_files(root: Path) -> str:
    """The code of files that git does not know yet, as a patch would add them."""
    patches = []
    for name in _git(root, "ls-files", "--others", "--exclude-standard", "harness").splitlines():
        lines = (root / name).read_text(encoding="utf-8", errors="replace").splitlines()
        head = f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1,{len(lines)} @@"
        patches.append("\n".join([head, *[f"+{line}" for line in lines]]))
    return "\n".join(patches)


def _git(root: Path, *words: str) -> str:
    """What a git command prints; nothing where there is no git, or it takes too long."""
    command = ["git", "-C", str(root), *words]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.strip() if process.returncode == 0 else ""
