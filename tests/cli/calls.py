"""A command as a person types it, in this process."""

from typer.testing import CliRunner

from harness.cli.main import app


def call(*words: str, typed: str | None = None) -> tuple[int, str, str]:
    """The exit code of a command, and what it printed on stdout and on stderr."""
    runner = CliRunner()
    result = runner.invoke(app, list(words), input=typed)
    error = result.exception
    if error is not None and not isinstance(error, SystemExit):
        raise error
    code = result.exit_code
    out = result.stdout
    err = result.stderr
    return code, out, err
