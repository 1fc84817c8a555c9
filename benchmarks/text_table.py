"""Tables of text, printed line by line while their numbers are made."""

from collections.abc import Iterable


def print_heading(text: str) -> None:
    print(f"\n{text}")


def print_row(first: str, cells: Iterable[str]) -> None:
    """Prints a line of a table: its name, and cells of equal width."""
    line = first.ljust(30)
    for cell in cells:
        line += cell.rjust(13)
    print(line, flush=True)
