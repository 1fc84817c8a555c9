"""Layers of a network by name: the stages of its encoder and decoder, or any module by its dotted path."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure.forward import PADDED_TO, logits_of

BOTTLENECK = "bottleneck"  # the encoder's last stage, by the name that papers give it

See = Callable[[str, Tensor], Tensor | None]


def stages(net: nn.Module) -> list[str]:
    """encoder_0 (the input, in most libraries), encoder_1 ..., decoder_0 ...; else the network's outermost modules."""
    found = [f"encoder_{i}" for i in range(_depth(net))] + [
        f"decoder_{i}" for i in range(len(_decoder(net)))
    ]
    return found or [name for name, _ in net.named_children()]


@contextmanager
def touched(net: nn.Module, names: Iterable[str], see: See) -> Iterator[None]:
    """While it is open, `see` gets what each named layer gives in a forward pass, and may put another in its place."""
    with ExitStack() as stack:
        for name in names:
            module, index = layer(net, name)
            stack.callback(module.register_forward_hook(_hook(name, index, see)).remove)
        yield


def pooled(
    net: nn.Module, images: Unlabelled, names: Iterable[str]
) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """(which images, each layer's feature maps averaged to one position for every 32 x 32 pixels), batch by batch."""
    height, width = (-(-side // PADDED_TO) for side in images.size)
    seen: dict[str, Tensor] = {}

    def see(name: str, maps: Tensor) -> None:
        seen[name] = F.adaptive_avg_pool2d(maps.float(), (height, width))

    with touched(net, names, see):
        for which, _ in logits_of(net, images):
            yield which, dict(seen)


def layer(net: nn.Module, name: str) -> tuple[nn.Module, int | None]:
    """The module behind a name, and which of its outputs is meant where it gives several."""
    kind, _, number = name.partition("_")
    if name == BOTTLENECK and _depth(net):
        return net.get_submodule("encoder"), _depth(net) - 1
    if kind == "encoder" and number.isdigit() and int(number) < _depth(net):
        return net.get_submodule("encoder"), int(number)
    if kind == "decoder" and number.isdigit() and int(number) < len(_decoder(net)):
        return _decoder(net)[int(number)], None
    try:
        return net.get_submodule(name), None
    except AttributeError:
        known = ", ".join(stages(net))
        raise ValueError(
            f"{type(net).__name__} has no layer {name!r}; there is {known}, and any module's path"
        ) from None


def _hook(name: str, index: int | None, see: See) -> Callable[..., Any]:
    def hook(module: nn.Module, inputs: Any, output: Any) -> Any:
        changed = see(name, output if index is None else output[index])
        if changed is None or index is None:
            return changed
        return [*output[:index], changed, *output[index + 1 :]]

    return hook


def _depth(net: nn.Module) -> int:
    """How many feature maps the encoder gives; 0 where there is no encoder that says so."""
    return len(getattr(getattr(net, "encoder", None), "out_channels", ()))


def _decoder(net: nn.Module) -> list[nn.Module]:
    decoder = getattr(net, "decoder", None)
    blocks = getattr(decoder, "blocks", decoder)
    return _called(blocks) if isinstance(blocks, nn.Module) else []


def _called(outer: nn.Module) -> list[nn.Module]:
    """The modules inside, in order; a list of modules is never called itself, so those in it stand for it."""
    inside = [
        _called(m) if isinstance(m, nn.ModuleList | nn.ModuleDict) else [m]
        for m in outer.children()
    ]
    return [module for some in inside for module in some]
