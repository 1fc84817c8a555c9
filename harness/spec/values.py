"""Fit and Trial: frozen values with content keys, read from plain mappings."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from harness.spec.catalogue import Component, catalogue
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


@dataclass(frozen=True)
class Part:
    """A component and the value of every option it has, defaults filled in."""

    kind: str
    name: str
    options: Mapping[str, Any]
    called: str = ""  # the study's own `label` for it; no part of the key
    unsaid: frozenset[str] = field(
        default=frozenset(), compare=False
    )  # fits that it reads by default

    @cached_property
    def key(self) -> str:
        """Changes with any option and with the component's version, never with the order of options.

        Data whose bytes are known is its bytes: neither its name nor where its files lie is part of the key.
        """
        mark = self.options.get("fingerprint")
        if mark and self.kind == "dataset":
            return digest([self.kind, mark, self.options["split"]])
        component = self.component
        place = component.facts.reads if mark else None
        told = {k: keyed(v) for k, v in self.options.items() if k != place}
        return digest([self.kind, self.name, component.facts.version, told])

    @property
    def component(self) -> Component:
        """The component of the catalogue that the part names."""
        return catalogue(self.kind)[self.name]

    @property
    def reads(self) -> str | None:
        """The option that names a file whose bytes decide what is made of it."""
        found: str | None = self.component.facts.reads
        return found

    @cached_property
    def plain(self) -> dict[str, Any]:
        """The part as a study file could have written it."""
        return {
            NAMED_BY.get(self.kind, "name"): self.name,
            **{k: unread(v) for k, v in self.options.items()},
        }

    @cached_property
    def upstream(self) -> list[tuple["Fit", "Part"]]:
        """The fits that it reads, with the checkpoint wanted of each, the nearest last."""
        pick = next(
            (v for v in self.options.values() if isinstance(v, Part) and v.kind == "pick"), LAST
        )
        found = []
        for option in self.options.values():
            found += fits_of(option)
            if isinstance(option, Fit):
                found.append((option, pick))
        return found

    @cached_property
    def label(self) -> str:
        """What a reader needs to tell it from its siblings: the name and what differs from the defaults."""
        return self.called or f"{self.name}({', '.join(self._shown)})".removesuffix("()")

    @property
    def _shown(self) -> list[str]:
        options = self.component.options
        told = []
        for name, value in self.options.items():
            usual = (
                name == "fingerprint"
                or name in self.unsaid
                or (name == "split" and value in ("train", "test"))
            )
            if (
                not usual
                and unread(value) != options[name].default
                and label(value) != label(options[name].default)
            ):
                told.append(
                    label(value) if isinstance(value, Part | Fit) else f"{name}={label(value)}"
                )
        return told

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Fit:
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
    def key(self) -> str:
        return hashed(self)

    @cached_property
    def plain(self) -> dict[str, Any]:
        return {name: unread(value) for name, value in fields_of(self)}

    @cached_property
    def upstream(self) -> list[tuple["Fit", Part]]:
        """The fits that it starts from, the nearest last."""
        return [one for name in _PARTS for one in fits_of(getattr(self, name))]

    @cached_property
    def lineage(self) -> tuple["Fit", ...]:
        """The fit itself, then every fit that must exist before it."""
        return (self, *(fit for fit, _ in self.upstream))

    @cached_property
    def label(self) -> str:
        start = "" if self.init.name == "random" else f" from {self.init.label}"
        return f"{self.train_on.label}{start}"

    def __hash__(self) -> int:
        return hash(self.key)


_PARTS = (
    "train_on",
    "adapt_to",
    "net",
    "init",
    "prepare",
    "augment",
    "method",
)  # the fields that hold components


@dataclass(frozen=True)
class Trial:
    """One fit, one checkpoint of it, one test set, what is measured on it: one MLflow run."""

    fit: Fit
    test_on: Dataset
    perturb: Perturb | None = None
    pick: Pick = "last"
    probes: list[Probe] = field(default_factory=lambda: ["segmentation"])

    @cached_property
    def key(self) -> str:
        return hashed(self)

    @cached_property
    def plain(self) -> dict[str, Any]:
        return {name: unread(value) for name, value in fields_of(self)}

    def __hash__(self) -> int:
        return hash(self.key)


def digest(value: Any) -> str:
    """A short hash of a plain value; the order of keys does not matter."""
    return hashlib.sha256(_encode(value).encode()).hexdigest()[:20]


_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":")
).encode  # made once: a plan hashes 100,000 times


def hashed(value: "Fit | Trial") -> str:
    """The key of a value from the keys of its components; one join, for a plan asks 100,000 times."""
    text = ";".join([f"{name}={_brief(inner)}" for name, inner in fields_of(value)])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _brief(value: Any) -> str:
    if isinstance(value, Part | Fit):
        return value.key
    return f"[{','.join([_brief(v) for v in value])}]" if isinstance(value, list) else repr(value)


def fields_of(value: Fit | Trial) -> list[tuple[str, Any]]:
    """The settings of a fit or trial; cached properties are none of them."""
    return [(name, getattr(value, name)) for name in type(value).__dataclass_fields__]


def keyed(value: Any) -> Any:
    """A value with its components replaced by their keys."""
    if isinstance(value, Part | Fit):
        return value.key
    return [keyed(v) for v in value] if isinstance(value, list) else value


def unread(value: Any) -> Any:
    """A value with its components written out."""
    if isinstance(value, Part | Fit):
        return value.plain
    return [unread(v) for v in value] if isinstance(value, list) else value


def label(value: Any) -> str:
    """A value as a person names it."""
    if isinstance(value, Part | Fit):
        return value.label
    if isinstance(value, list):
        return "+".join(label(v) for v in value) or "none"
    if isinstance(value, dict):
        if value.get("label"):
            return str(value["label"])
        inner = [f"{k}={label(v)}" for k, v in value.items() if k not in ("name", "arch", "label")]
        name = str(value.get("name", value.get("arch", "")))
        return f"{name}({', '.join(inner)})" if inner else name
    return level_name(value)


def fits_of(value: Any) -> list[tuple[Fit, Part]]:
    """The fits that must exist before this one, with the checkpoint wanted of each, the nearest last."""
    if isinstance(value, Part | Fit):
        return value.upstream
    return [one for item in value for one in fits_of(item)] if isinstance(value, list) else []


LAST = Part("pick", "last", {})


def datasets_of(value: Any) -> Iterator[Part]:
    """Every dataset that a fit or trial reads, upstream fits included."""
    yield from (part for part in parts_in(value) if part.kind == "dataset")


def parts_in(value: Any) -> Iterator[Part]:
    """Every component of a fit or trial, those inside others included."""
    if isinstance(value, Part):
        yield value
        for option in value.options.values():
            yield from parts_in(option)
    elif isinstance(value, list):
        for item in value:
            yield from parts_in(item)
    elif isinstance(value, Fit | Trial):
        for _, inner in fields_of(value):
            yield from parts_in(inner)


def validation_of(part: Part) -> Part:
    """The validation split beside a training split; the fingerprint is that of the training split's bytes."""
    return Part("dataset", part.name, {**part.options, "split": "validation", "fingerprint": None})
