"""Study files gone wrong, by a seeded generator: what a person, an editor or an attacker writes."""

import random
from typing import Any

NUMBERS = (0, -1, 1, 2, 255, 10**9, 2**31, 2**63, -(10**30), 0.0, -0.5, 1e-300, 1e308, 1.5)
TEXTS = (
    "",
    " ",
    "\n",
    ".",
    "..",
    "a" * 5000,
    "\x00",
    "a\x1fb",
    "\x1b[31m",
    "²",
    "fit",
    "fit.",
    "probes.²",
    "probes.0.0.0",
    "probes.99999999999999999999",
    "fit.method.loss.loss.loss",
    "ü𝔘🧪",
    "\u202eevil",
    "e\u0301",
    "~nobody/x",
    "~",
    "/dev/zero",
    "/",
    "../../../../etc/passwd",
    "null",
    "true",
    "1e999",
    "-0",
    "<<",
    "*",
    "&a",
    "{}",
    "[[",
    "%s%n",
    "=1+1",
    "**/*",
    "[",
    "a:b",
    "name",
    "seed",
    "trial",
)
PIECES = (
    *(b"\t", b"\n", b"\n  ", b"\n- ", b": ", b"#", b"'", b'"', b"{", b"}", b"[", b"]", b","),
    *(b"&a ", b"*a", b"!!python/object ", b"? ", b"| ", b"> ", b"---\n", b"%", b"\xff", b"\x00"),
    *("²".encode(), "🧪".encode(), b"99999999999", b"-", b"~"),
)
LISTS: tuple[Any, ...] = ([], [[]], [None], [1, "a", None], [{}], [[[[[1]]]]], [0] * 40)
MAPPINGS: tuple[Any, ...] = (
    {},
    {"name": None},
    {"name": "phantom"},
    {"name": ["phantom"]},
    {"name": {"name": "phantom"}},
    {"arch": 1},
    {"": 1},
    {"label": ""},
    {"train_on": "phantom"},
    {"train_on": {"name": "phantom"}, "init": {"name": "trained", "fit": {}}},
    {"fit.init": "random"},
)
OTHERS: tuple[Any, ...] = (None, True, False)
SECTIONS = (
    *("name", "question", "extends", "components", "seeds", "folds", "base", "grid", "zip"),
    *("exclude", "when", "transductive", "search", "compare", "tables"),
)

Place = tuple[Any, Any]  # what holds a value, and the key or the position of it


def mutate(study: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """A copy of a study file with one to four things wrong."""
    mutant = copy_of(study)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        rng.choice(CHANGES)(mutant, rng)
    return mutant


def mutate_text(text: bytes, rng: random.Random) -> bytes:
    """A study file with one to four of its bytes changed, doubled or lost."""
    content = bytearray(text)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        start = rng.randrange(len(content))
        end = start + rng.choice((0, 1, 1, 2, 10, 200))
        content[start:end] = rng.choice((b"", *PIECES, bytes(content[start:end]) * 2))
    return bytes(content)


def copy_of(value: Any) -> Any:
    """A copy of a plain value, all the way down."""
    if isinstance(value, dict):
        return {key: copy_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [copy_of(inner) for inner in value]
    return value


def odd_value(rng: random.Random) -> Any:
    """A value that stands at an edge, of any type."""
    kind = rng.choice((NUMBERS, TEXTS, LISTS, MAPPINGS, OTHERS))
    return copy_of(rng.choice(kind))


def places_in(value: Any) -> list[Place]:
    """Every value inside a plain value, by what holds it."""
    inside: list[Place] = []
    keys: Any = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        inside.append((value, key))
        inside.extend(places_in(value[key]))
    return inside


def _any_place(study: dict[str, Any], rng: random.Random) -> Place:
    """A place somewhere in a study; in an empty one, that of its name."""
    inside = places_in(study)
    if not inside:
        inside = [(study, "name")]
    return rng.choice(inside)


def _value_at(holder: Any, key: Any) -> Any:
    """What stands at a place; nothing where it does not exist yet."""
    return holder.get(key) if isinstance(holder, dict) else holder[key]


def replace_value(study: dict[str, Any], rng: random.Random) -> None:
    """Puts an odd value somewhere."""
    holder, key = _any_place(study, rng)
    holder[key] = odd_value(rng)


def replace_by_a_type(study: dict[str, Any], rng: random.Random) -> None:
    """Writes a value as another type: a text, a list of it, a mapping with it."""
    holder, key = _any_place(study, rng)
    value = _value_at(holder, key)
    as_text = str(value)
    as_list = [value]
    as_mapping = {"name": value}
    as_pair = [value, value]
    holder[key] = rng.choice((as_text, as_list, as_mapping, as_pair))


def rename_key(study: dict[str, Any], rng: random.Random) -> None:
    """Misspells a key, or gives it an odd name."""
    holder, key = _any_place(study, rng)
    if isinstance(holder, dict) and key in holder:
        value = holder.pop(key)
        wrong = rng.choice((f"{key}x", str(key)[1:], str(key).upper(), rng.choice(TEXTS)))
        holder[wrong] = value


def remove(study: dict[str, Any], rng: random.Random) -> None:
    """Leaves a value out."""
    holder, key = _any_place(study, rng)
    if isinstance(holder, list) or key in holder:
        del holder[key]


def nest_deeper(study: dict[str, Any], rng: random.Random) -> None:
    """Nests a value in lists or mappings, up to past the limit of the reader."""
    holder, key = _any_place(study, rng)
    value = _value_at(holder, key)
    for _ in range(rng.choice((1, 3, 20, 70))):
        value = rng.choice(([value], {"fit": value}, {"name": value}))
    holder[key] = value


def exchange(study: dict[str, Any], rng: random.Random) -> None:
    """Puts a value of one place into another."""
    holder, key = _any_place(study, rng)
    source, source_key = _any_place(study, rng)
    if isinstance(source, list) or source_key in source:
        holder[key] = copy_of(source[source_key])


def add_section(study: dict[str, Any], rng: random.Random) -> None:
    """Writes a section with an odd value."""
    study[rng.choice(SECTIONS)] = odd_value(rng)


def add_axis(study: dict[str, Any], rng: random.Random) -> None:
    """Varies something odd."""
    path = rng.choice((*TEXTS, "fit.seed", "fit.net", "fit.patch", "test_on", "probes", "pick"))
    grid = study.get("grid")
    if not isinstance(grid, dict):
        grid = {}
        study["grid"] = grid
    grid[path] = [odd_value(rng), odd_value(rng)]


def add_option(study: dict[str, Any], rng: random.Random) -> None:
    """Gives a mapping an option that it may not have."""
    mappings = [study]
    for holder, key in places_in(study):
        if isinstance(holder[key], dict):
            mappings.append(holder[key])
    name = rng.choice(("label", "name", "split", "classes", "seed", "fold", "where", "by", "net"))
    rng.choice(mappings)[name] = odd_value(rng)


def repeat(study: dict[str, Any], rng: random.Random) -> None:
    """Writes an item of a list twice."""
    lists = []
    for holder, key in places_in(study):
        if isinstance(holder[key], list) and holder[key]:
            lists.append(holder[key])
    if lists:
        items = rng.choice(lists)
        items.append(copy_of(rng.choice(items)))


CHANGES = (
    *(replace_value, replace_value, replace_by_a_type, rename_key, remove, nest_deeper),
    *(exchange, add_section, add_axis, add_option, repeat),
)
