"""LaTeX compiled by a real pdflatex, and what it complains of."""

import shutil
import subprocess
from pathlib import Path

import pytest

DOCUMENT = r"""\documentclass%s{article}
\usepackage{array,booktabs,graphicx}
\begin{document}
%s
\end{document}
"""


def complaints(body: str, folder: Path, options: str = "") -> list[str]:
    """Compiles a document around a body; returns its errors and what runs off the page."""
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex: apt install texlive-latex-base texlive-latex-recommended")
    file = folder / "document.tex"
    file.write_text(DOCUMENT % (options, body), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-no-shell-escape", file.name]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    assert file.with_suffix(".pdf").is_file()
    log = file.with_suffix(".log").read_text(encoding="latin-1")
    bad = ("!", "Overfull", "LaTeX Warning: Float too large")
    return [line for line in log.splitlines() if line.startswith(bad)]
