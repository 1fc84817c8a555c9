"""The head of a study file: which sections it has, and what the study is called."""

from harness.spec.options import did_you_mean
from harness.study.marks import KEY
from harness.study.problems import Problems

SECTIONS = (
    *("name", "question", "extends", "components", "seeds", "folds", "base", "grid", "zip"),
    *("exclude", "when", "transductive", "search", "compare", "tables", "scores"),
    "names",
)

LONGEST_NAME = 200  # bytes; files add a process and an ending, and a name has at most 255


def check_sections(problems: Problems) -> None:
    """Refuses what is no section of a study file."""
    for name in problems.document.value:
        if name not in SECTIONS:
            hint = did_you_mean(name, SECTIONS)
            problems.add((name, KEY), f"no section {name!r}; {hint}")


def check_name(problems: Problems, name: str) -> None:
    """The name of a study is that of an experiment in MLflow, and begins the names of files."""
    size = len(name.encode(errors="surrogatepass"))
    text = ""
    if not name.strip():
        text = "is empty; say what the study is called, or leave it out"
    elif size > LONGEST_NAME:
        text = f"has {size} bytes; shorten it to {LONGEST_NAME}, so that files can be called so"
    elif name != name.strip() or not name.isprintable():
        text = f"{name!r} should be one line, without spaces around it; take out what is too much"
    if text:
        problems.add(("name",), text)
