"""What every reader raises: a sentence with the file, what is wrong and what was expected."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_LINE = 120  # characters of a library's own message that a sentence repeats


class Refused(ValueError):
    """An input that cannot be used, explained in a sentence."""


class NoSplit(Refused, LookupError):
    """A split that a data set does not have, e.g. no validation part."""


def with_home(path: str | Path) -> Path:
    """A path whose ~ is the home of its user; `Refused` where nobody is called so."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise Refused(f"{path}: no user of this name has a home here; write it out") from None


@contextmanager
def explained_errors(subject: str | Path, advice: str) -> Iterator[None]:
    """Turns whatever a library raises about a file into a sentence about it."""
    try:
        yield
    except Refused:
        raise
    # Seven libraries, each with errors of its own for a file that is damaged.
    except Exception as error:
        raise Refused(f"{subject}: {advice} ({first_line(error)})") from error


def first_line(error: BaseException) -> str:
    """The first line of an error, short enough to stand in a sentence."""
    message = str(error).strip() or type(error).__name__
    line = message.splitlines()[0]
    if len(line) <= LONGEST_LINE:
        return line
    return line[: LONGEST_LINE - 3] + "..."


def sizes(shape: tuple[int, ...]) -> str:
    """A shape as people write it."""
    lengths = [str(length) for length in shape]
    return " x ".join(lengths)


def first_few(values: Iterable[object], most: int = 8) -> str:
    """The first of many values, for a sentence."""
    texts = [str(value) for value in values]
    sentence = ", ".join(texts[:most])
    omitted = len(texts) - most
    if omitted > 0:
        sentence += f" and {omitted} more"
    return sentence


def too_many_shots(shots: int, count: int) -> str:
    """The sentence that refuses more shots than there are images."""
    return (
        f"fit.shots: {shots} is more than the {count} labelled training images; "
        f"take {count} or fewer, or leave `shots` out to take them all"
    )
