"""One position of the grid -> a trial; settings shared by many cells are read once."""

from dataclasses import dataclass
from typing import Any

from harness.spec.options import REQUIRED, Option, did_you_mean
from harness.spec.parse import Around, Complaints, options_of, read, tests_by_default
from harness.spec.paths import FIT_OPTIONS, barred, holds_fit, put, slot_of, split, takes, walk
from harness.spec.values import Fit, Part, Steps, Trial, keyed, label
from harness.study.switches import Switches

Raw = dict[str, Any]


@dataclass(frozen=True)
class Axis:
    """Paths that move together, and a row of values for each position."""

    paths: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    origin: tuple[tuple[Steps, ...], ...]  # where in the file each value stands


@dataclass(frozen=True)
class Cell:
    """A trial and its place in the grid; an axis that has no effect on it has no level."""

    trial: Trial
    levels: dict[str, str]


class _Grid:
    """Reads each setting once per distinct combination of the axes that touch it: 100,000 cells share their parts."""

    def __init__(self, base: Raw, axes: list[Axis], when: dict[str, Raw]) -> None:
        self.base = base
        self.axes = axes
        self.switches = Switches(when, _Grid(base, axes, {})) if when else None
        self.touching: dict[
            Steps, list[tuple[int, int, Steps]]
        ] = {}  # slot -> (axis, column, path)
        for a, axis in enumerate(axes):
            for column, path in enumerate(axis.paths):
                steps = split(path)
                self.touching.setdefault(slot_of(steps), []).append((a, column, steps))
        for places in self.touching.values():
            places.sort(key=lambda place: len(place[2]))  # fit.method before fit.method.alpha
        self.slots: dict[Any, tuple[Any, tuple[str, ...]]] = {}
        self.fits: dict[Any, tuple[Fit | None, tuple[str, ...]]] = {}
        self.wrong: dict[tuple[Steps, str], None] = {}
        self.took: set[str] = set()  # axis paths that had an effect somewhere
        self.refused: dict[str, tuple[Steps, str]] = {}
        self.names: dict[tuple[str, int, int], str] = {}
        self.named: dict[tuple[str, str], tuple[Any, Any]] = {}  # what the file says and what it is
        fields, inside = options_of(Trial), options_of(Fit)
        known: list[Steps] = [("fit", name) for name in inside]
        known += [(name,) for name in fields if name != "fit"]
        self.bad = self._unknown(known)
        used = {slot: {a for a, _, _ in places} for slot, places in self.touching.items()}
        around = used.get(("fit", "net"), set()) | used.get(("fit", "seed"), set())
        self.depends: dict[Steps, tuple[int, ...]] = {
            slot: tuple(sorted(used.get(slot, set()) | (around if self._nests(slot) else set())))
            for slot in known
        }
        self.varying = [name for name in inside if self.depends["fit", name]]
        self.fixed: Raw = {}
        self.tested = ("test_on",) in self.touching or self.base.get("test_on") is not None
        asked = [name for name in TRIAL_OPTIONS if name != "test_on" or self.tested]
        self.moving = [name for name in asked if self.depends[(name,)]]
        self.steady = [name for name in asked if not self.depends[(name,)]]
        self.around: Raw = {}
        self.fit_axes = tuple(
            sorted({a for slot, axes in used.items() if slot[0] == "fit" for a in axes})
        )

    def _unknown(self, known: list[Any]) -> bool:
        bad = False
        for slot, places in self.touching.items():
            if slot not in known:
                names = [".".join(map(str, k)) for k in known]
                for a, column, _ in places:
                    path = self.axes[a].paths[column]
                    what = f"no setting {path!r}; {did_you_mean('.'.join(map(str, slot)), names)}"
                    self.wrong[(self.axes[a].origin[0][column][:-1], what)] = None
                bad = True
        raw_fit = self.base.get("fit")
        given = [(name, raw) for name, raw in self.base.items()]
        for name, _ in given:
            if name != "fit" and (name,) not in known:
                names = [str(k[0]) for k in known if len(k) == 1] + ["fit"]
                what = f"no setting {name!r}; {did_you_mean(name, names)}"
                self.wrong[(("base", name, "\0key"), what)] = None
                bad = True
        if raw_fit is not None and not isinstance(raw_fit, dict):
            self.wrong[
                (("base", "fit"), f"{raw_fit!r} should be a mapping of a fit's settings")
            ] = None
            return True
        for name in raw_fit or {}:
            if ("fit", name) not in known:
                names = [str(k[1]) for k in known if len(k) == 2]
                what = f"a fit has no setting {name!r}; {did_you_mean(name, names)}"
                self.wrong[(("base", "fit", name, "\0key"), what)] = None
                bad = True
        return bad

    def cell(
        self, indices: tuple[int, ...]
    ) -> tuple[Trial, dict[str, str], tuple[str, ...], tuple[str, ...]] | None:
        """The trial at a position of the grid, its levels, and the axes that it does not take or that are off."""
        ignored = self.switches.off(indices) if self.switches else ()
        trained, inert = self._fit(indices, ignored)
        if not self.around:
            self.around.update(
                {
                    name: self._slot((name,), TRIAL_OPTIONS[name], indices, ())[0]
                    for name in self.steady
                }
            )
        values: Raw = dict(self.around)
        for name in self.moving:
            values[name], more = self._slot((name,), TRIAL_OPTIONS[name], indices, ignored)
            inert += more
        if self.bad or trained is None or FAILED in values.values():
            return None
        if "test_on" not in values:
            values["test_on"] = self._tested(trained.train_on)
        trial = Trial(fit=trained, **values)
        return trial, self._levels(trial, indices, inert + ignored), inert, ignored

    def bar(self, trial: Trial, inert: tuple[str, ...]) -> bool:
        """Whether an axis asks of a component what it says that it cannot do: a mistake, not an axis without effect."""
        reasons = {path: why for path in inert if (why := barred(trial, path))}
        for path, why in reasons.items():
            self.wrong[(self.refused[path][0], why)] = None
            self.took.add(path)
        return bool(reasons)

    def setting(self, steps: Steps, indices: tuple[int, ...], ignored: tuple[str, ...]) -> Any:
        """The value at a position of the field that a path leads into; a LookupError where it cannot be read."""
        slot = self._source(steps)
        options = FIT_OPTIONS if slot[0] == "fit" else TRIAL_OPTIONS
        value, _ = self._slot(slot, options[str(slot[-1])], indices, ignored)
        if value is FAILED:
            raise LookupError(steps)
        return value if slot == slot_of(steps) else self._tested(value)

    def deciding(self, steps: Steps) -> tuple[int, ...]:
        """The axes that a setting depends on."""
        return self.depends.get(self._source(steps), ())

    def _source(self, steps: Steps) -> Steps:
        """The field that decides a setting; a trial that names no test set has that of its training set."""
        slot = slot_of(steps)
        return ("fit", "train_on") if slot == ("test_on",) and not self.tested else slot

    def _tested(self, train_on: Part) -> Part | None:
        """The test set of a trial that names none."""
        at = ("tested", train_on.key)
        if at not in self.slots:
            wrong: Complaints = []
            raw = tests_by_default(train_on)
            test_on = read(TRIAL_OPTIONS["test_on"].type, raw, ("test_on",), wrong, role="test")
            self.slots[at] = (None if wrong else test_on, ())
        return self.slots[at][0]

    def _seed(self, indices: tuple[int, ...]) -> Any:
        """The seed that the file writes for a position."""
        for axis, row in zip(self.axes, indices, strict=True):
            if "fit.seed" in axis.paths:
                return axis.rows[row][axis.paths.index("fit.seed")]
        fit = self.base.get("fit")
        return fit.get("seed", 0) if isinstance(fit, dict) else 0

    def _fit(
        self, indices: tuple[int, ...], ignored: tuple[str, ...]
    ) -> tuple[Fit | None, tuple[str, ...]]:
        at = (tuple([indices[a] for a in self.fit_axes]), ignored)
        if at not in self.fits:
            if not self.fixed:
                self.fixed.update(self._fixed(indices))
            values: Raw = dict(self.fixed)
            inert: tuple[str, ...] = ()
            for name in self.varying:
                value, more = self._slot(("fit", name), FIT_OPTIONS[name], indices, ignored)
                values[name] = value
                inert += more
            whole = all(value is not FAILED for value in values.values())
            self.fits[at] = (Fit(**values) if whole else None, inert)
        return self.fits[at]

    def _fixed(self, indices: tuple[int, ...]) -> Raw:
        """The settings of a fit that no axis touches."""
        names = [name for name in FIT_OPTIONS if name not in self.varying]
        return {
            name: self._slot(("fit", name), FIT_OPTIONS[name], indices, ())[0] for name in names
        }

    def _slot(
        self, slot: Steps, option: Option, indices: tuple[int, ...], ignored: tuple[str, ...]
    ) -> tuple[Any, tuple[str, ...]]:
        axes = self.depends[slot]
        at = (slot, tuple([indices[a] for a in axes]), ignored)
        if at not in self.slots:
            self.slots[at] = self._read(slot, option, indices, ignored)
        return self.slots[at]

    def _nests(self, slot: Steps) -> bool:
        """Whether a setting holds a fit of its own somewhere, which takes the net and the seed from around it."""
        given: Any = self.base
        for step in slot:
            given = given.get(step) if isinstance(given, dict) else None
        pieces = [
            row[column] for a, column, _ in self.touching.get(slot, ()) for row in self.axes[a].rows
        ]
        return slot not in (("fit", "train_on"), ("fit", "seed")) and any(
            holds_fit(one) for one in [given, *pieces]
        )

    def _read(
        self, slot: Steps, option: Option, indices: tuple[int, ...], ignored: tuple[str, ...]
    ) -> tuple[Any, tuple[str, ...]]:
        raw, origins, inert = self._assigned(slot, option, indices, ignored)
        if raw is REQUIRED:
            self.wrong[(("base", *slot[:-1]), f"{'.'.join(map(str, slot))} is missing")] = None
            return FAILED, inert
        around = Around(self._net(indices, ignored), self._seed(indices) or 0)
        complaints: Complaints = []
        role = "train" if slot in (("fit", "train_on"), ("fit", "adapt_to")) else "test"
        value = read(option.type, raw, slot, complaints, around, role=role)
        for steps, text in complaints:
            prefix = next(
                (p for p in sorted(origins, key=len, reverse=True) if steps[: len(p)] == p), None
            )
            place = (
                (*origins[prefix], *steps[len(prefix) :])
                if prefix is not None
                else ("base", *steps)
            )
            self.wrong[(place, text)] = None
        return (FAILED if complaints else value), inert

    def _net(self, indices: tuple[int, ...], ignored: tuple[str, ...]) -> Any:
        if ("fit", "net") not in self.touching:
            return (self.base.get("fit") or {}).get("net")
        return self._assigned(("fit", "net"), FIT_OPTIONS["net"], indices, ignored)[0]

    def _assigned(
        self, slot: Steps, option: Option, indices: tuple[int, ...], ignored: tuple[str, ...]
    ) -> tuple[Any, dict[Steps, Steps], tuple[str, ...]]:
        """What the file says of a setting at this position, and where each piece of it stands."""
        given: Any = self.base
        for step in slot:
            given = (given or {}).get(step, MISSING)
        value = option.default if given is MISSING else given
        origins: dict[Steps, Steps] = {}
        inert: list[str] = []
        for a, column, steps in self.touching.get(slot, ()):
            axis, row = self.axes[a], indices[a]
            path, piece, place = (
                axis.paths[column],
                axis.rows[row][column],
                axis.origin[row][column],
            )
            if path in ignored:
                continue
            refused = takes(option.type, value, steps[len(slot) :])
            if refused is not None:
                inert.append(path)
                self.refused.setdefault(path, (place[:-1], refused))
                continue
            value = put(option.type, value, steps[len(slot) :], piece)
            origins[steps] = place
            self.took.add(path)
        return value, origins, tuple(inert)

    def _levels(
        self, trial: Trial, indices: tuple[int, ...], off: tuple[str, ...]
    ) -> dict[str, str]:
        levels = {}
        for a, axis in enumerate(self.axes):
            for column, path in enumerate(axis.paths):
                if path in off:
                    continue
                at = (path, a, indices[a])
                if at not in self.names:
                    piece = axis.rows[indices[a]][column]
                    deeper = any(
                        other.startswith(f"{path}.") for one in self.axes for other in one.paths
                    )
                    value = walk(trial, split(path))
                    self.names[at] = label(piece if deeper else value)
                    self._tell_apart(
                        path, self.names[at], (piece, value), axis.origin[indices[a]][column]
                    )
                levels[path] = self.names[at]
        return levels

    def _tell_apart(self, path: str, name: str, level: tuple[Any, Any], place: Steps) -> None:
        """Two levels of one name would be one in every comparison and table."""
        raw, value = level
        first_raw, first_value = self.named.setdefault((path, name), level)
        if raw != first_raw and repr(keyed(value)) != repr(keyed(first_value)):
            text = f"an earlier level of this axis is called {name!r} too; tell them apart with a `label`"
            self.wrong[(place, text)] = None

    def mistakes(self) -> list[tuple[Steps, str]]:
        """Places in the file and what is wrong there; an axis that no cell takes is one of them."""
        useless = [(p, t) for path, (p, t) in self.refused.items() if path not in self.took]
        return [*self.wrong, *useless]


FAILED: Any = object()
MISSING: Any = object()

TRIAL_OPTIONS = {name: option for name, option in options_of(Trial).items() if name != "fit"}
