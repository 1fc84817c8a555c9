"""The command that describes study files to an editor: schema."""

from harness.cli.shared import app, as_json
from harness.study.schema import study_schema


@app.command()
def schema() -> None:
    """Print the JSON Schema of a study file, with which an editor checks and completes it."""
    as_json(study_schema())
