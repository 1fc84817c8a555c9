"""A place in a study file, and what is wrong there."""

from dataclasses import dataclass

Steps = tuple[str | int, ...]

KEY = "\0key"  # the last step of the path of a key, as opposed to its value


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file, counted from one; line 0 is an option of the command line."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: where it stands, which setting it concerns, what is wrong and what to do."""

    mark: Mark
    path: str
    text: str

    def __str__(self) -> str:
        pieces = (str(self.mark), self.path, self.text)
        return ": ".join(piece for piece in pieces if piece)


class Mistakes(Exception):
    """All mistakes of a study file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


Marks = dict[Steps, Mark]


def path_text(steps: Steps) -> str:
    """A path as a study file writes it."""
    return ".".join(str(step) for step in steps if step != KEY)


def marks_under(marks: Marks, steps: Steps) -> Marks:
    """The marks of a value and of everything inside it."""
    under: Marks = {}
    length = len(steps)
    for inner, mark in marks.items():
        if inner[:length] == steps:
            under[inner] = mark
    return under
