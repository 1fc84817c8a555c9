"""CUT (Park 2020), the style transfer of paper 002 (its section 3.2): the target's images are
translated into the source's style, and a network that was trained on the source segments them.
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
def cut(
    net: nn.Module,
    data: Domains,
    *,
    direction: Direction = "to_source",
    layers: list[Whole] = [0, 4, 8, 12, 16],  # noqa: B006  the signature is the schema
    patches: Count = 256,
    temperature: Positive = 0.07,
    weight: NonNegative = 1.0,
    critic: Count = 64,
    projection: Count = 256,
    epochs: Count = 400,
    lr: Positive = 2e-4,
    optimiser: Optimiser = {"name": "adam", "betas": [0.5, 0.999], "decay": 0.0},  # noqa: B006
    schedule: Schedule = {"name": "linear", "start": 0.5, "end": 0.0},  # noqa: B006
) -> Iterator[Phase]:
    """A translator: a critic asks for the other style, PatchNCE for the same content, and an image
    that has the style already should stay as it is.
    """
    recipe = Recipe(direction, layers, patches, temperature, weight, identity=True, mirrors=False)
    translator = Translator(net, data, recipe, critic=critic, projection=projection)
    players = translator.players(optimiser)
    yield Phase("translate", players, epochs, lr, schedule, streams=BOTH)
