"""Part, Fit and Trial: frozen values with content keys, read from plain mappings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from harness.spec.catalogue import Component, find_component
from harness.spec.fields import Settings, to_plain
from harness.spec.keys import digest, with_keys
from harness.spec.naming import option_names
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
from harness.spec.other_seeds import fits_of_other_seeds

Steps = tuple[str | int, ...]
Fold = tuple[int, int] | None  # (which, of how many)
Upstream = list[tuple["Fit", "Part"]]  # fits, and the checkpoint of each that is read

# options that all components of a kind got later, beside those that a component says (`later`)
LATER_OPTIONS: Mapping[str, tuple[str, ...]] = {"prepare": ("to",)}


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
            is_as_before = name in self._later and value == self.component.options[name].default
            if not is_as_before and not (fingerprint and name == facts.reads):
                options[name] = with_keys(value)
        code = [self.component.digest] if self.component.digest else []
        return digest([self.kind, self.name, facts.version, options, *code])

    @property
    def _later(self) -> tuple[str, ...]:
        """The options that came later, no part of the key at their defaults: what was so before."""
        return (*self.component.facts.later, *LATER_OPTIONS.get(self.kind, ()))

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
        pick = self.options.get("pick", LAST)
        fits: Upstream = []
        for value in values:
            fits += upstream_fits(value)
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Fit):
                    fits.append((item, pick))
        return fits

    @cached_property
    def uses_target(self) -> bool:
        """Whether it, or a component inside it, looks at the images that its fit adapts to."""
        facts = self.component.facts
        if "adapt_to" in (*facts.needs, *facts.uses):
            return True
        return uses_target(list(self.options.values()))

    @cached_property
    def level(self) -> str:
        """What tells it from its siblings: the name and what differs from the defaults."""
        if self.given_label:
            return self.given_label
        differences: list[str] = []
        for name, value in self.options.items():
            default = self.component.options[name].default
            is_default = name in self.default_fits or to_plain(value) == default
            if self.kind == "pick" and isinstance(value, Part) and value.kind == "dataset":
                # one rule at several targets is one level; only the split goes with its name
                differences += option_names(f"{name}.split", value.options["split"], "train")
            elif not is_default:
                differences += option_names(name, value, default)
        return f"{self.name}({', '.join(differences)})".removesuffix("()")

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True)
class Fit(Settings):
    """Everything that decides the weights, and nothing else."""

    LATER: ClassVar[Mapping[str, Any]] = {"shots": None}

    train_on: Dataset  # the images and masks that it learns from
    adapt_to: Dataset | None = None  # images to adapt to; their masks are never seen
    net: Net = "tiny_unet"  # the network
    init: Init = "random"  # where its weights start
    prepare: list[Prepare] = field(default_factory=list)  # done to all images once
    augment: list[Augment] = field(default_factory=list)  # random changes of each batch
    method: Method = "supervised"  # how it is trained: epochs, learning rate, loss
    seed: Whole = 0  # of weights, crops and augmentation; `seeds` of the study varies it
    fold: Fold = None  # which, of how many; `folds` of the study sets it
    shots: Count | None = None  # labelled training images, drawn by the seed; null: all
    patch: Count = 128  # the side of a training window, in pixels
    batch: Count = 8  # windows in each step
    steps: Count | None = None  # per epoch; null: as many patches as cover the training pixels once
    precision: Literal["float32", "tf32", "bfloat16", "auto"] = "float32"  # auto: by the card
    channels_last: bool = False  # the layout of tensors in memory

    @cached_property
    def target(self) -> Part | None:
        """The images to adapt to, if a component looks at them; else they decide no weights."""
        looks = uses_target([self.init, *self.prepare, *self.augment, self.method])
        return self.adapt_to if looks else None

    def counting(self, name: str) -> Any:
        """A setting as it counts: a target that nobody looks at is none."""
        return self.target if name == "adapt_to" else getattr(self, name)

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
class Trial(Settings):
    """One fit, one checkpoint of it, one test set, what is measured on it: one MLflow run."""

    LATER: ClassVar[Mapping[str, Any]] = {"prepare": []}

    fit: Fit  # what is trained
    test_on: Dataset  # where it is not given, the test split of fit.train_on
    perturb: Perturb | None = None  # a change of the test images or of features
    prepare: list[Prepare] = field(default_factory=list)  # of its test images, before the fit's
    pick: Pick = "last"  # which checkpoint is tested
    probes: list[Probe] = field(default_factory=lambda: ["segmentation"])  # what is measured

    @cached_property
    def upstream(self) -> Upstream:
        """The fits that must exist before it, its own last, each with the checkpoint it reads."""
        fits = list(self.fit.upstream)
        for setting in (self.perturb, self.prepare, self.pick, self.probes):
            fits += upstream_fits(setting)
        for probe in self.probes:
            for fit in fits_of_other_seeds(self.fit, probe):
                fits += [*fit.upstream, (fit, self.pick)]
        return [*fits, (self.fit, self.pick)]

    @cached_property
    def lineage(self) -> tuple[Fit, ...]:
        """Every fit that must exist before it, its own first."""
        fits = list(self.fit.lineage)
        behind_fit = len(self.fit.upstream)
        for fit, _ in self.upstream[behind_fit:-1]:
            fits.append(fit)
        return tuple(fits)

    def __hash__(self) -> int:
        return hash(self.key)


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


def uses_target(parts: list[Any]) -> bool:
    """Whether one of these components looks at the images to adapt to; a fit has its own."""
    for value in parts:
        if isinstance(value, Part) and value.uses_target:
            return True
        if isinstance(value, list) and uses_target(value):
            return True
    return False


LAST = Part("pick", "last", {})
