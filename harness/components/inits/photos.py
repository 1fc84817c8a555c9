"""An encoder pretrained by harness on natural colour photographs: an offline stand-in for ImageNet,
and no more.
"""

from torch import nn

from harness.components.inits import init
from harness.spec.options import Trained
from harness.store import load_weights
from harness.train.weights import load_into


@init(needs=("encoder",))
def photos(
    net: nn.Module,
    *,
    fit: Trained = {  # type: ignore[assignment]  # noqa: B006  read as a schema, never written to
        "train_on": "photos",
        "net": {"arch": "encoder_only", "slices": 1, "classes": None, "tied": "none"},
        "augment": ["flips"],
        "method": "colours",
        "patch": 64,
        "batch": 16,
        "steps": 100,
    },
) -> None:
    """The encoder of a fit on ten photographs with a pretext that has to use colour: far less than
    ImageNet.
    """
    load_into(net, load_weights(fit), "encoder")
