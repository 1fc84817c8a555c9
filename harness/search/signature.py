"""Whether a search is the one that its recorded points are of."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.study.load import Study
from harness.study.search import Search

SIGNATURE = "harness.search"  # the attribute of a search that holds its space and its objectives


def check_signature(study: Study, search: Search, optuna_study: Any) -> None:
    """Refuses to go on with points of another space, or of other objectives."""
    earlier = json.loads(optuna_study.user_attrs.get(SIGNATURE, "{}"))
    differences = list(signature_differences(earlier, search.signature))
    if not differences:
        return
    count = len(optuna_study.get_trials(deepcopy=False))
    text = (
        f"the search of {study.name!r} has {count} points of another search: "
        f"{'; '.join(differences)}; change it back, or give the study another name"
    )
    raise ValueError(text)


def signature_differences(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What of a space and its objectives is not as it was, each in words."""
    before, after = earlier.get("space", {}), now["space"]
    for path in [*before, *[path for path in after if path not in before]]:
        if path not in after:
            yield f"{path} was searched and is not any more"
        elif path not in before:
            yield f"{path} is searched and was not"
        elif before[path] != json.loads(json.dumps(after[path])):
            yield f"{path} was {_range_text(before[path])} and is {_range_text(after[path])}"
    if earlier.get("objectives") != now["objectives"]:
        was = " and ".join(earlier.get("objectives", ()))
        yield f"its objective was {was or 'none'} and is {' and '.join(now['objectives'])}"


def _range_text(plain: Mapping[str, Any]) -> str:
    """A dimension of a signature as people read it."""
    if "choices" in plain:
        text = f"one of {', '.join(plain['choices'])}"
    else:
        text = f"{plain['kind']} {plain['low']} to {plain['high']}"
        if plain["log"]:
            text += ", logarithmic"
        if plain["step"] is not None:
            text += f", in steps of {plain['step']}"
    if "when" in plain:
        text += f", when {plain['when']}"
    return f"({text})"
