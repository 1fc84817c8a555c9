"""Studies of a source-only method beside one that adapts, to several targets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.made.outside import folder_of_components, write_component

ADAPTING = '''
from harness.components.methods import method
from harness.spec.options import Loss, Optimiser, Schedule
from harness.train.phases import single


@method(needs=("adapt_to",))
def adapting(
    net,
    data,
    *,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
):
    """Needs a target, and learns from the source's masks alone."""
    assert data.target is not None

    def on_source(batch):
        return loss(net(batch.source.images), batch.source.masks, data.source.ignore)

    settings = {"optimiser": optimiser, "schedule": schedule}
    yield single("all", net, on_source, epochs=1, lr=1e-3, **settings)
'''

VNC = "{name: phantom, style: vnc, slices: 4, size: 48, label: vnc}"
SNEMI = "{name: phantom, style: snemi, slices: 4, size: 48, label: snemi}"

# Source-only has no target, and the other method has each: 1 + 2 fits for each seed.
CROSSED = f"""
grid:
  fit.method: [supervised, adapting]
  fit.adapt_to: [{VNC}, {SNEMI}]
"""

# The same, but each target is tested on its own test split: 2 + 2 trials of 1 + 2 fits.
ZIPPED = f"""
grid:
  fit.method: [supervised, adapting]
zip:
  fit.adapt_to: [{VNC}, {SNEMI}]
  test_on: [{VNC}, {SNEMI}]
"""

PAIRED = """
compare:
  - {name: adaptation, metric: dice, by: fit.method, within: [fit.adapt_to], unit: seed,
     against: supervised}
"""


@contextmanager
def method_that_adapts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Has a method `adapting` that needs images to adapt to."""
    with folder_of_components(folder / "lab", monkeypatch) as components:
        write_component(components, "adapting.py", ADAPTING)
        yield
