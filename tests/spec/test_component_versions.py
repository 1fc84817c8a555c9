"""A reminder: whoever changes the code of a shipped component says whether its results change.

`component_digests.json` has the version of every component and the digest of its code. `python -m
tests.spec.test_component_versions --update` records what there is.
"""

import ast
import json
import sys
from pathlib import Path

import pytest

from harness.spec import shipped_code
from harness.spec.catalogue import HOMES, Component, catalogue
from harness.spec.shipped_code import Bare, definitions_of, source_digest

FILE = Path(__file__).with_name("component_digests.json")
UPDATE = "python -m tests.spec.test_component_versions --update"
ALL: dict[str, Component] = {}
for kind in HOMES:
    for name, component in catalogue(kind).items():
        if not component.digest:  # it ships
            ALL[f"{kind}/{name}"] = component


def recorded_digests() -> dict[str, tuple[int, str]]:
    recorded: dict[str, tuple[int, str]] = {}
    if FILE.exists():
        for name, (version, digest) in json.loads(FILE.read_text(encoding="utf-8")).items():
            recorded[name] = (version, digest)
    return recorded


def current_digests() -> dict[str, tuple[int, str]]:
    digests: dict[str, tuple[int, str]] = {}
    for name, component in sorted(ALL.items()):
        digests[name] = (component.facts.version, source_digest(component))
    return digests


def reminder(name: str, recorded: tuple[int, str] | None, version: int) -> str:
    """What whoever changed a component should do."""
    if recorded is None:
        return f"{name} is new; record it with `{UPDATE}`"
    if recorded[0] != version:
        return f"{name} has another version; record it with `{UPDATE}`"
    return (
        f"the code of {name} has changed; if that changes any result, raise its version to "
        f"@{name.split('/')[0]}(version={version + 1}), so that old results are not taken for "
        f"new ones; then record it with `{UPDATE}`"
    )


@pytest.mark.parametrize("name", ALL)
def test_a_changed_component_has_another_version_or_the_same_results(name: str) -> None:
    recorded = recorded_digests().get(name)
    component = ALL[name]
    current = (component.facts.version, source_digest(component))
    assert recorded == current, reminder(name, recorded, component.facts.version)


def test_no_digest_is_of_a_component_that_is_gone() -> None:
    gone = sorted(set(recorded_digests()) - set(ALL))
    assert gone == [], f"record what there is with `{UPDATE}`"


def test_a_change_of_a_helper_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    component = ALL["probe/segmentation"]
    before = source_digest(component)
    defined, _ = definitions_of("harness.measure.overlap")
    monkeypatch.setitem(defined, "counts", ast.parse("def counts(): return 0").body)
    shipped_code._digest_of.cache_clear()
    assert source_digest(component) != before


def test_docstrings_annotations_and_layout_do_not_count() -> None:
    plain = Bare().visit(ast.parse("def f(x, *, y=1):\n    return x + y"))
    dressed = Bare().visit(
        ast.parse('def f(x: int, *, y: "Count" = 1) -> int:\n    """Adds."""\n    return (x\n + y)')
    )
    assert ast.dump(plain) == ast.dump(dressed)


def update() -> None:
    """Records the version and the code of every component that ships."""
    lines = [
        f"  {json.dumps(name)}: {json.dumps(recorded)}"
        for name, recorded in current_digests().items()
    ]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__" and "--update" in sys.argv:
    update()
