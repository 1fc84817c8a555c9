"""Weights of another fit of this harness, or of a file."""

from pathlib import Path

from safetensors import SafetensorError
from torch import nn

from harness.components.inits import init
from harness.spec.options import Pick, Trained
from harness.store import load_weights
from harness.train.weights import Share, load_into


@init
def trained(net: nn.Module, *, fit: Trained, pick: Pick = "last", part: Share = "all") -> None:
    """The weights that another fit ended with, or the checkpoint that a pick chose of it."""
    load_into(net, load_weights(fit), part)


@init(reads="path")
def file(
    net: nn.Module,
    *,
    path: Path,
    part: Share = "all",
    fingerprint: str | None = None,
) -> None:
    """The weights in a safetensors file of yours; its bytes, not its place, decide what is trained
    from it.
    """
    try:
        weights = load_weights(path)
    except SafetensorError:
        remedy = (
            "in Python: safetensors.torch.save_file("
            "torch.load(file, weights_only=True), 'weights.safetensors')"
        )
        raise ValueError(
            f"fit.init.path: {path} is no safetensors file, the only kind that runs no code; "
            f"{remedy}"
        ) from None
    load_into(net, weights, part)
