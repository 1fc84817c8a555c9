"""Selection among the epochs of a translator, by what a segmenter makes of its translations."""

from torch import Tensor, nn

from harness.components.picks import pick
from harness.data.images import Domains
from harness.spec.options import Network, Pick


@pick(needs=("translator",))
def through(
    net: nn.Module, data: Domains, *, by: Network, score: Pick, pick: Pick = "last"
) -> float:
    """The epoch whose translations score best by another pick, once the network of the fit `by`
    has segmented them.
    """
    return float(score(Behind(net, by), data))


class Behind(nn.Module):
    """A segmenter behind a translator, as one network."""

    def __init__(self, translator: nn.Module, segmenter: nn.Module) -> None:
        super().__init__()
        self.translator = translator
        self.segmenter = segmenter

    def forward(self, images: Tensor) -> Tensor:
        """Returns the logits of the translated images."""
        translated = self.translator(images)
        logits: Tensor = self.segmenter(translated)
        return logits
