"""How the methods say settings: what all fits share in one word, what differs as varied."""

from collections.abc import Iterable, Sequence

from harness.report.bibliography import citation, user_of
from harness.spec.fields import to_plain
from harness.spec.keys import digest
from harness.spec.naming import level_name
from harness.spec.values import Fit, Part

MOST_LEVELS = 5  # that are listed; of more, how many there are and where they lie
NOT_SAID = ("fingerprint", "split", "weight_file")  # said elsewhere


def list_text(texts: Sequence[str], last: str = "and") -> str:
    """'a', 'a and b', 'a, b and c'."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def distinct(values: Iterable[str]) -> list[str]:
    """Texts without repetitions, in their order."""
    return list(dict.fromkeys(values))


def setting_text(values: Iterable[object]) -> str:
    """The one value of a setting, or its values where it differs between fits."""
    levels = distinct(map(value_text, values))
    if len(levels) == 1:
        return levels[0]
    return f"{levels_text(levels)} (varied)"


def value_text(value: object) -> str:
    """A value of a setting; of a list all its items, of a component its settings too."""
    if isinstance(value, Part):
        return components_text([value])
    if isinstance(value, list | tuple) and value:
        return list_text([value_text(item) for item in value])
    return level_name(value)


def levels_text(levels: Sequence[str]) -> str:
    """Levels, all of them where they are few; of many numbers the ends, of many names the first."""
    if len(levels) <= MOST_LEVELS:
        return list_text(levels, "or")
    numbers = numbers_in(levels)
    if numbers:
        return f"{len(levels)} values from {min(numbers):g} to {max(numbers):g}"
    rest = len(levels) - MOST_LEVELS
    return f"{', '.join(levels[:MOST_LEVELS])} and {rest} more"


def numbers_in(levels: Sequence[str]) -> list[float]:
    """The levels as numbers; nothing where one of them is none."""
    try:
        return [float(level) for level in levels]
    except ValueError:
        return []


def components_text(parts: Iterable[Part], last: str = "or") -> str:
    """Components of one slot, those of a name together: name, references, settings."""
    by_name: dict[str, list[Part]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(part)
    texts = []
    for name, group in by_name.items():
        settings = options_text(group)
        reference = citation(user_of(group[0]))
        texts.append(f"{name}{reference} ({settings})" if settings else f"{name}{reference}")
    return list_text(texts, last)


def options_text(parts: Sequence[Part]) -> str:
    """The settings of components of one name, those that differ as varied."""
    texts = []
    for option in parts[0].options:
        values = [part.options[option] for part in parts if option in part.options]
        if option in NOT_SAID or all(value is None for value in values):
            continue
        if any(_is_made_of_fits(value) for value in values):
            continue
        texts.append(f"{option} {setting_text(values)}")
    return ", ".join(texts)


def _is_made_of_fits(value: object) -> bool:
    """Whether a value is a training of its own, which a paragraph of its own describes."""
    if isinstance(value, Fit):
        return True
    if isinstance(value, Part):
        return any(map(_is_made_of_fits, value.options.values()))
    return isinstance(value, list) and any(map(_is_made_of_fits, value))


def same_but_for_seed(fit: Fit) -> str:
    """What fits that differ in nothing but their seed or fold share."""
    plain = dict(to_plain(fit))
    for name in ("seed", "fold"):
        plain.pop(name, None)
    return digest(plain)


def sentence_of(part: Part) -> str:
    """What a component says of itself, without its full stop."""
    return part.component.sentence.replace("`", "").strip().rstrip(".")


def count_text(count: int, noun: str) -> str:
    """'1 network', '12 networks'."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun}s"
