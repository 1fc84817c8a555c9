"""The `harness` command."""

import os
import sys

from harness.cli import check, data, records, schema, studies
from harness.cli.shared import app, err
from harness.spec.catalogue import BadSignature

COMMANDS = (studies, records, check, data, schema)  # loading them registers their commands


def main() -> None:
    """The `harness` command; a closed pipe (`| head`) ends it quietly."""
    try:
        app()
    except BadSignature as error:
        err.print(str(error), markup=False)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
