"""How a command ends that was interrupted."""

from typing import NoReturn

import typer

from harness.cli.shared import err
from harness.run.deaf import EXIT_CODE, LAST_WORDS, ignore_further_signals


def end_interrupted(last_words: str = LAST_WORDS) -> NoReturn:
    """Says how it goes on and ends with the exit code of what was stopped, however often it is
    interrupted meanwhile.
    """
    ignore_further_signals()
    err.print(last_words, markup=False)
    raise typer.Exit(EXIT_CODE) from None
