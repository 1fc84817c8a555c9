"""Part, Fit and Trial: frozen values with content keys, read from plain mappings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from harness.spec.catalogue import Component, find_component
from harness.spec.keys import digest, hash_of, with_keys
from harness.spec.naming import level_name
from harness.spec.options import (
    NAMED_BY,
    Augment,
    Count,
    Dataset,
    Init,
    Method,
    Net,
    Perturb,
    Pick,
    Prepare,
    Probe,
    Whole,
)

Steps = tuple[str | int, ...]
Fold = tuple[int, int] | None  # (which, of how many)
Upstream = list[tuple["Fit", "Part"]]  # fits, and the checkpoint of each that is read


@dataclass(frozen=True)
class Part:
    """A component and the value of every option it has, defaults filled in."""

    kind: str
    name: str
    options: Mapping[str, Any]
    given_label: str = ""  # the study's own `label` for it; no part of the key
    # names of options whose fit the study did not write, so that levels leave them out
    default_fits: frozenset[str] = field(default=frozenset(), compare=False)

    @cached_property
    def key(self) -> str:
        """Changes with any option and the component's version, or its code outside the package.

        Data whose bytes are known is its bytes, whatever its name and wherever its files lie.
        """
        fingerprint = self.options.get("fingerprint")
        if fingerprint and self.kind == "dataset":
            return digest([self.kind, fingerprint, self.options["split"]])
        facts = self.component.facts
        options: dict[str, Any] = {}
        for name, value in self.options.items():
            if not (fingerprint and name == facts.reads):
                options[name] = with_keys(value)
        code = [self.component.digest] if self.component.digest else []
        return digest([self.kind, self.name, facts.version, options, *code])

    @property
    def component(self) -> Component:
        """The component of the catalogue that the part names."""
        return find_component(self.kind, self.name)

    @property
    def reads(self) -> str | None:
        """The option that names a file whose bytes decide what is made of it."""
        return self.component.facts.reads

    def to_plain(self) -> dict[str, Any]:
        """The part as a study file could have written it."""
        return self._plain

    @cached_property
    def _plain(self) -> dict[str, Any]:
        options = {name: to_plain(value) for name, value in self.options.items()}
        return {NAMED_BY.get(self.kind, "name"): self.name, **options}

    @cached_property
    def upstream(self) -> Upstream:
        """The fits that it reads, with the checkpoint that is read of each, the nearest last."""
        values = list(self.options.values())
        picks = [part for part in values if isinstance(part, Part) and part.kind == "pick"]
        fits: Upstream = []
        for value in values:
            fits += upstream_fits(value)
            if isinstance(value, Fit):
                fits.append((value, picks[0] if picks else LAST))
        return fits

    @cached_property
    def level(self) -> str:
        """What tells it from its siblings: the name and what differs from the defaults."""
        if self.given_label:
            return self.given_label
        return f"{self.name}({', '.join(self.differences)})".removesuffix("()")

    @property
    def differences(self) -> list[str]:
        """Every option that is not at its default, as a level writes it."""
        options = self.component.options
        differences = []
        for name, value in self.options.items():
            if self._goes_without_saying(name, value):
                continue
            default, level = options[name].default, level_name(value)
            if to_plain(value) != default and level != level_name(default):
                differences.append(level if isinstance(value, Part | Fit) else f"{name}={level}")
        return differences

    def _goes_without_saying(self, name: str, value: Any) -> bool:
        """Whether a level leaves an option out whatever its value."""
        if name == "fingerprint" or name in self.default_fits:
            return True
        return name == "split" and value in ("train", "test")

    def __hash__(self) -> int:
        return hash(self.key)


class _Settings:
    """What fits and trials share: a key and a plain form of all their settings."""

    @cached_property
    def key(self) -> str:
        """Changes with every setting, those of a trial's fit included."""
        return hash_of(fields_of(self))

    def to_plain(self) -> dict[str, Any]:
        """The settings as a study file could have written them."""
        return self._plain

    @cached_property
    def _plain(self) -> dict[str, Any]:
        return {name: to_plain(value) for name, value in fields_of(self)}


@dataclass(frozen=True)
class Fit(_Settings):
    """Everything that decides the weights, and nothing else."""

    train_on: Dataset
    adapt_to: Dataset | None = None
    net: Net = "tiny_unet"
    init: Init = "random"
    prepare: list[Prepare] = field(default_factory=list)
    augment: list[Augment] = field(default_factory=list)
    method: Method = "supervised"
    seed: Whole = 0
    fold: Fold = None
    patch: Count = 128
    batch: Count = 8
    steps: Count | None = None  # per epoch; null: as many patches as cover the training pixels once
    precision: Literal["float32", "bfloat16"] = "float32"
    channels_last: bool = False

    @cached_property
    def upstream(self) -> Upstream:
        """The fits that it starts from, the nearest last."""
        fits: Upstream = []
        for name in FIELDS_WITH_PARTS:
            fits += upstream_fits(getattr(self, name))
        return fits

    @cached_property
    def lineage(self) -> tuple["Fit", ...]:
        """The fit itself, then every fit that must exist before it."""
        ancestors = [fit for fit, _ in self.upstream]
        return (self, *ancestors)

    @cached_property
    def level(self) -> str:
        """The training set, and the start where it is not random."""
        if self.init.name == "random":
            return str(self.train_on.level)
        return f"{self.train_on.level} from {self.init.level}"

    def __hash__(self) -> int:
        return hash(self.key)


FIELDS_WITH_PARTS = ("train_on", "adapt_to", "net", "init", "prepare", "augment", "method")


@dataclass(frozen=True)
class Trial(_Settings):
    """One fit, one checkpoint of it, one test set, what is measured on it: one MLflow run."""

    fit: Fit
    test_on: Dataset
    perturb: Perturb | None = None
    pick: Pick = "last"
    probes: list[Probe] = field(default_factory=lambda: ["segmentation"])

    def __hash__(self) -> int:
        return hash(self.key)


def fields_of(value: _Settings) -> list[tuple[str, Any]]:
    """The settings of a fit or trial; cached properties are none of them."""
    names = type(value).__dataclass_fields__  # type: ignore[attr-defined]
    return [(name, getattr(value, name)) for name in names]


def to_plain(value: Any) -> Any:
    """A value with its components written out, as a study file could have done."""
    if isinstance(value, Part | Fit):
        return value.to_plain()
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    return value


def upstream_fits(value: Any) -> Upstream:
    """The fits that must exist before a value, with the checkpoint that is read of each, the
    nearest last.
    """
    if isinstance(value, Part | Fit):
        return value.upstream
    fits: Upstream = []
    if isinstance(value, list):
        for item in value:
            fits += upstream_fits(item)
    return fits


LAST = Part("pick", "last", {})


def datasets_of(value: Any) -> Iterator[Part]:
    """Every dataset that a fit or trial reads, upstream fits included."""
    return (part for part in parts_in(value) if part.kind == "dataset")


def parts_in(value: Any) -> Iterator[Part]:
    """Every component of a fit or trial, those inside others included."""
    inner: list[Any] = []
    if isinstance(value, Part):
        yield value
        inner = list(value.options.values())
    elif isinstance(value, list):
        inner = value
    elif isinstance(value, Fit | Trial):
        inner = [setting for _, setting in fields_of(value)]
    for item in inner:
        yield from parts_in(item)


def validation_of(part: Part) -> Part:
    """The validation split beside a training split, whose fingerprint speaks of other bytes."""
    return Part("dataset", part.name, {**part.options, "split": "validation", "fingerprint": None})
