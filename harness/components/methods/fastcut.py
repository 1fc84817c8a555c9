"""FastCUT (Park 2020): the contrast weighs ten times as much, and mirroring stands in for the
identity.
"""

from collections.abc import Iterator

from torch import nn

from harness.components.methods import method
from harness.components.methods.recipe import Direction, Recipe
from harness.components.methods.translation import Translator
from harness.data.images import Domains
from harness.spec.options import Count, NonNegative, Optimiser, Positive, Schedule, Whole
from harness.train.phases import BOTH, Phase


@method(needs=("adapt_to", "translator"))
def fastcut(
    net: nn.Module,
    data: Domains,
    *,
    direction: Direction = "to_source",
    layers: list[Whole] = [0, 4, 8, 12, 16],  # noqa: B006  the signature is the schema
    patches: Count = 256,
    temperature: Positive = 0.07,
    weight: NonNegative = 10.0,
    critic: Count = 64,
    projection: Count = 256,
    epochs: Count = 200,
    lr: Positive = 2e-4,
    optimiser: Optimiser = {"name": "adam", "betas": [0.5, 0.999], "decay": 0.0},  # noqa: B006
    schedule: Schedule = {"name": "linear", "start": 0.75, "end": 0.0},  # noqa: B006
) -> Iterator[Phase]:
    """A translator as CUT in half the time: no image of the style passes through it, and half of
    the images are mirrored, their features mirrored back.
    """
    recipe = Recipe(direction, layers, patches, temperature, weight, identity=False, mirrors=True)
    translator = Translator(net, data, recipe, critic=critic, projection=projection)
    players = translator.players(optimiser)
    yield Phase("translate", players, epochs, lr, schedule, streams=BOTH)
