"""The schema that editors check study files with is up to date, true of our studies, strict."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from harness.cli.main import app
from harness.spec.catalogue import catalogue
from harness.study.document import parse, read
from harness.study.schema import study_schema
from tests.made.study_files import BASE

STUDIES = Path(__file__).parents[2] / "studies"
FILES = sorted(STUDIES.rglob("*.yaml"))
GRID = BASE + "grid:\n  %s\n"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = study_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def errors(validator: Draft202012Validator, value: Any) -> list[str]:
    texts = []
    for error in validator.iter_errors(value):
        texts.append(f"{error.json_path}: {error.message}")
    return texts


def test_the_schema_beside_the_studies_is_what_the_command_prints() -> None:
    result = CliRunner().invoke(app, ["schema"])
    assert result.exit_code == 0
    written = (STUDIES / "schema.json").read_text(encoding="utf-8")
    is_current = written == result.stdout
    assert is_current, "refresh it: harness schema > studies/schema.json"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(STUDIES)))
def test_a_study_that_ships_fits_the_schema_that_it_names(
    validator: Draft202012Validator, file: Path
) -> None:
    first_line = file.read_text(encoding="utf-8").splitlines()[0]
    path = first_line.removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / path).resolve() == STUDIES / "schema.json"
    assert errors(validator, read(file).value) == []


@pytest.mark.parametrize(
    "text",
    [
        BASE + "    init: randm\n",
        BASE + "    init: {name: randm}\n",
        BASE + "    net: {arch: unet, encodr: resnet18}\n",
        BASE + "    batch: 0\n",
        BASE + "    bathc: 2\n",
        BASE + "  pik: last\n",
        BASE + "sedes: 2\n",
        BASE + "seeds: few\n",
        BASE + "folds: 1\n",
        BASE + "    method: {name: supervised, loss: {name: dice, smoth: 1}}\n",
        GRID % "fit.init: [random, randm]",
        GRID % "fit.init: random",
        GRID % "fit.method.lr: []",
        BASE + "compare: [{name: a, metric: dice, by: fit.init}]\n",
        BASE + "compare: [{name: a, unit: seed, metric: dice, by: fit.init, test: welsh}]\n",
        BASE + "compare: [{name: a, unit: seed, correlate: {x: dice}}]\n",
        BASE + "tables: [{name: a, unit: seed, rows: [fit.init]}]\n",
        BASE + "when: {fit.batch: []}\n",
    ],
)
def test_a_mistake_does_not_fit_the_schema(validator: Draft202012Validator, text: str) -> None:
    assert errors(validator, parse(text.replace("    net: {arch: tiny_unet}\n", "", 1), "s").value)


@pytest.mark.parametrize(
    "text",
    [
        "extends: parent.yaml\nbase: {fit: {train_on: {style: vnc}}}\n",  # no name: the parent's
        GRID % "fit.any.path.at.all: [1, x, null, {a: b}]",
        GRID % "'fit.net, fit.batch': [[unet, 2], [tiny_unet, 4]]",
        GRID % "perturb: [null, blur, {name: blur, strength: 2, label: soft}]",
        BASE + "    augment: flips\n",
        BASE + "components: [./lab]\nseeds: [1, 2]\n",
        BASE + "compare: [{name: a, unit: seed, metric: dice, by: fit.steps, against: null}]\n",
        BASE + "compare: [{name: a, unit: seed, metric: dice, by: x, where: {y: [1, z]}}]\n",
        BASE + "tables: [{name: a, unit: seed, rows: [x], metrics: [y], from: a paper}]\n",
    ],
)
def test_what_a_study_may_say_fits_the_schema(validator: Draft202012Validator, text: str) -> None:
    assert errors(validator, parse(text, "s").value) == []


def test_every_component_says_what_it_is_and_what_it_takes() -> None:
    definitions = study_schema()["$defs"]
    for component in catalogue("method").values():
        schema = definitions[f"method.{component.name}"]
        assert schema["description"] == component.sentence
        assert schema["properties"].keys() == {*component.options, "name", "label"}
    assert definitions["net.unet"]["properties"]["slices"]["default"] == 1
    properties = definitions["comparison"]["properties"]
    assert properties["paired"]["description"] == "null: deduced from the design, and printed"
