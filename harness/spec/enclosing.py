"""What a fit or a component takes over from the trial that it stands in."""

from dataclasses import dataclass
from typing import Any

from harness.spec.catalogue import catalogue

# What a data set may say instead of a name: it is that of the trial's fit.
SETS_OF_TRIAL = {"fit.train_on": "train_on", "fit.adapt_to": "adapt_to"}


@dataclass(frozen=True)
class Enclosing:
    """What a nested fit takes over from the fit around it, and the data sets of the trial's fit."""

    net: Any = None
    seed: Any = 0
    train_on: Any = None
    adapt_to: Any = None

    def set_of_trial(self, word: str) -> Any:
        """Returns what the file says of a data set of the trial's fit; None where it says none."""
        raw = getattr(self, SETS_OF_TRIAL[word])
        return None if is_set_of_trial(raw) else raw


def is_set_of_trial(raw: Any) -> bool:
    """Whether a data set is given as one of the trial's fit."""
    return isinstance(raw, str) and raw in SETS_OF_TRIAL


def holds_set_of_trial(raw: Any) -> bool:
    """Whether a setting gives a data set as one of the trial's fit somewhere."""
    if isinstance(raw, dict):
        return any(map(holds_set_of_trial, raw.values()))
    if isinstance(raw, list):
        return any(map(holds_set_of_trial, raw))
    return is_set_of_trial(raw)


def inherited_net(own: Any, enclosing: Any) -> Any:
    """The net of a nested fit: the one around it, or its own with every option filled in that both
    have.
    """
    if own is None:
        return enclosing
    outer = _net_mapping(enclosing)
    inner = _net_mapping(own)
    if not isinstance(inner, dict) or not isinstance(outer, dict):
        return own
    component = catalogue("net").get(str(inner.get("arch", outer.get("arch"))))
    shared = {"arch"}
    if component is not None:
        shared.update(component.options)
    net: dict[str, Any] = {}
    for name, value in outer.items():
        if name in shared:
            net[name] = value
    net.update(inner)
    return net


def _net_mapping(raw: Any) -> Any:
    """A net that is written as its name, as a mapping."""
    return {"arch": raw} if isinstance(raw, str) else raw
