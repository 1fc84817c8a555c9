"""What a component says of itself beside its options: the keywords of its decorator, as a typed
value.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Facts:
    """The facts of one component; a component of a kind that has no use for a fact keeps its
    default.
    """

    version: int = 1  # raised by hand when a change of the code changes results
    later: tuple[str, ...] = ()  # options newer than the version; at a plain default in no key
    without: Mapping[str, str] = field(default_factory=dict)  # options that it lacks: a reason each
    # what must be there: adapt_to, encoder, translator; of a probe original, and what an estimator
    # looks at beside a network and unlabelled images: labels, source, seeds
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()  # what it looks at where it is there, and does without: adapt_to
    reads: str | None = None  # the option that names a file whose bytes decide what is made of it

    # data sets
    drawn: bool = False  # by the code, rather than read from files
    # options with which a drawn set is made of files after all, whose bytes then count
    files_where: Mapping[str, str] = field(default_factory=dict)
    splits: tuple[str, ...] = ("train", "validation", "test", "all")
    tasks: tuple[str, ...] = ()
    licence: str = ""
    citation: str = ""
    url: str = ""
    access: str = ""  # how to get a set that cannot be downloaded
    papers: tuple[str, ...] = ()
    resolution: str = ""

    # options that name data sets whose masks it then sees, though a study may test on them
    leaks: tuple[str, ...] = ()

    # networks: patches must be a multiple of this
    multiple: int = 1
    translates: bool = False  # its outputs are images, as many planes as it takes

    # picks
    oracle: bool = False  # it sees the labels of the target

    # perturbations
    neutral: float | None = None  # the strength that changes nothing
    least: float = -math.inf
    most: float = math.inf
    features: bool = False  # it changes features of a network rather than images
    moves: bool = False  # it says where pixels go rather than what they are; masks go with them

    # probes
    metrics: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()  # metrics of which less is better
    # metrics of the whole set by which networks are ranked, the highest first; and for each the
    # metric of images that it averages, "" where it is no average
    estimates: Mapping[str, str] = field(default_factory=dict)
    dimensions: tuple[str, ...] = ()  # what its rows are told apart by, beside image and group

    # tests and effects
    paired: bool = False
    groups: int | str = 2  # how many groups a test compares: 1, 2 or "many"
    ordered: bool = False  # the groups have an order
    boundless: bool = False  # its statistic has no largest value, so no n alone rules a small p out
    folds: bool = False  # it allows for the training images that folds share
    post_hoc: tuple[str, ...] = ()  # what compares the pairs after a test of many groups

    @classmethod
    def read(cls, keywords: Mapping[str, Any]) -> "Facts":
        """The facts that a decorator's keywords state; a TypeError where a keyword is no fact."""
        names = [fact.name for fact in dataclasses.fields(cls)]
        for keyword in keywords:
            if keyword not in names:
                raise TypeError(
                    f"no fact is called {keyword!r}; a component may state {', '.join(names)}"
                )
        values: dict[str, Any] = {}
        for keyword, value in keywords.items():
            values[keyword] = tuple(value) if isinstance(value, list) else value
        return cls(**values)

    def to_plain(self) -> dict[str, Any]:
        """The facts that differ from their defaults, for a page or a JSON file."""
        plain: dict[str, Any] = {}
        for fact in dataclasses.fields(self):
            value = getattr(self, fact.name)
            default = fact.default
            if callable(fact.default_factory):
                default = fact.default_factory()
            if value != default:
                plain[fact.name] = value
        return plain
