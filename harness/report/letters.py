"""Letters that say in a table which of its arms differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from harness.judge.verdicts import Arm, Verdict


@dataclass(frozen=True)
class Letters:
    """The letter of an arm, and the letters of the arms that it differs from."""

    own: str
    differs_from: str


def letters_of(verdict: Verdict, arms: Sequence[Arm]) -> dict[str, Letters]:
    """For each arm of a stratum its letter, and the letters of the arms that it differs from."""
    if not arms:
        return {}
    own = {}
    for i, arm in enumerate(arms):
        own[arm.name] = ascii_lowercase[i % 26] * (1 + i // 26)
    differs_from: dict[str, list[str]] = {name: [] for name in own}
    for contrast in verdict.contrasts_of(arms[0].stratum):
        first, second = contrast.first, contrast.second
        if contrast.outcome == "differs" and first in own and second in own:
            differs_from[first].append(own[second])
            differs_from[second].append(own[first])
    letters = {}
    for name, letter in own.items():
        letters[name] = Letters(letter, ",".join(sorted(differs_from[name])))
    return letters
