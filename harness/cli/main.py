"""The `harness` command."""

import os
import sys

from harness.cli import (
    check,
    dashboard,
    data,
    doctor,
    judge,
    merge,
    predict,
    rank,
    records,
    run,
    runs,
    schema,
    status,
    studies,
    work,
)
from harness.cli.shared import app, err
from harness.spec.catalogue import BadSignature
from harness.store import Home, NoHome
from harness.store.space import is_out_of_space, no_space

COMMANDS = (
    studies,
    run,
    work,
    status,
    judge,
    rank,
    predict,
    records,
    merge,
    runs,
    dashboard,
    doctor,
    check,
    data,
    schema,
)  # loading them registers their commands


def main() -> None:
    """The `harness` command.

    A closed pipe (`| head`) ends it quietly, a full disk with a sentence.
    """
    try:
        app()
    except (BadSignature, NoHome) as error:
        err.print(str(error), markup=False)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if not is_out_of_space(error):
            raise
        err.print(_what_is_full(), markup=False)
        sys.exit(1)


def _what_is_full() -> str:
    """Which disk is full: that of what was printed, where it takes nothing more, or the home's."""
    try:
        os.write(sys.stdout.fileno(), b"\n")
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return "no space left where the output is written to; nothing else was lost"
    return no_space(Home.here().folder)


if __name__ == "__main__":
    main()
