"""Layers of a network by name: stages of its encoder and decoder, or any module by dotted path."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure.forward import PADDED_TO, padded_forward, whole_batches
from harness.measure.memory import Portions
from harness.train.true_float32 import true_float32

BOTTLENECK = "bottleneck"  # the encoder's last stage, by the name that papers give it

See = Callable[[str, Tensor], Tensor | None]


def stages(net: nn.Module) -> list[str]:
    """Lists encoder_0, encoder_1 ..., decoder_0 ...; else the network's outermost modules.

    In most libraries encoder_0 is the input.
    """
    names = [f"encoder_{i}" for i in range(_depth(net))]
    for i, _ in enumerate(_decoder(net)):
        names.append(f"decoder_{i}")
    if not names:
        names = [name for name, _ in net.named_children()]
    return names


@contextmanager
def hooked_layers(net: nn.Module, names: Iterable[str], see: See) -> Iterator[None]:
    """While it is open, `see` gets the output of each layer by name in every forward pass.

    What it returns, unless it is None, takes the place of the output.
    """
    with ExitStack() as stack:
        for name in names:
            module, index = layer(net, name)
            stack.callback(module.register_forward_hook(_hook(name, index, see)).remove)
        yield


@contextmanager
def weights_without_gradients(net: nn.Module) -> Iterator[None]:
    """While it is open, no gradient is computed for a weight: maps need that of the input alone."""
    learning = [parameter for parameter in net.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_()


@torch.no_grad()
def pooled_features(
    net: nn.Module,
    images: Unlabelled,
    names: Iterable[str],
) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """Yields (which images, the feature maps of each layer) batch by batch.

    Maps are averaged to one position for every 32 x 32 pixels of the images, which have one size
    in a batch.
    """
    features: dict[str, Tensor] = {}
    positions = (0, 0)  # of the batch that is under way

    def see(name: str, maps: Tensor) -> None:
        features[name] = F.adaptive_avg_pool2d(maps.float(), positions)

    def look(batch: Tensor) -> dict[str, Tensor]:
        """Returns the features of some images of a batch."""
        padded_forward(net, batch)
        return dict(features)

    portions = Portions()
    with hooked_layers(net, names, see):
        for which, batch in whole_batches(net, images):
            height, width = batch.shape[-2:]
            rows = -(-height // PADDED_TO)  # rounded up
            columns = -(-width // PADDED_TO)
            positions = (rows, columns)
            with true_float32():
                parts = portions.take(look, batch)
            yield which, _join_features(parts)


def _join_features(parts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Returns the features of a whole batch by layer."""
    if len(parts) == 1:
        return parts[0]
    features: dict[str, Tensor] = {}
    for name in parts[0]:
        of_parts = [part[name] for part in parts]
        features[name] = torch.cat(of_parts)
    return features


def layer(net: nn.Module, name: str) -> tuple[nn.Module, int | None]:
    """Returns the module behind a name, and which of its outputs is meant if it gives several."""
    depth = _depth(net)
    decoder = _decoder(net)
    kind, _, number = name.partition("_")
    index = int(number) if number.isdigit() else None
    if name == BOTTLENECK and depth:
        return net.get_submodule("encoder"), depth - 1
    if kind == "encoder" and index is not None and index < depth:
        return net.get_submodule("encoder"), index
    if kind == "decoder" and index is not None and index < len(decoder):
        return decoder[index], None
    try:
        return net.get_submodule(name), None
    except AttributeError:
        names = ", ".join(stages(net))
        raise ValueError(
            f"{type(net).__name__} has no layer {name!r}; there is {names}, and any module's path"
        ) from None


def _hook(name: str, index: int | None, see: See) -> Callable[..., Any]:
    """Returns a forward hook that shows `see` one output and puts its answer in that place."""

    def hook(module: nn.Module, inputs: Any, output: Any) -> Any:
        """Returns the changed output, None where nothing is changed."""
        if index is None:
            return see(name, output)
        changed = see(name, output[index])
        if changed is None:
            return None
        return [*output[:index], changed, *output[index + 1 :]]

    return hook


def _depth(net: nn.Module) -> int:
    """Counts the feature maps that the encoder gives; 0 if there is no encoder that says so."""
    encoder = getattr(net, "encoder", None)
    return len(getattr(encoder, "out_channels", ()))


def _decoder(net: nn.Module) -> list[nn.Module]:
    """Lists the blocks of the decoder, none if there is no decoder."""
    decoder = getattr(net, "decoder", None)
    blocks = getattr(decoder, "blocks", decoder)
    if isinstance(blocks, nn.Module):
        return called_modules(blocks)
    return []


def called_modules(outer: nn.Module) -> list[nn.Module]:
    """Lists the modules inside, in order.

    nn.ModuleList has no forward, so hooks go on the modules inside it.
    """
    modules: list[nn.Module] = []
    for module in outer.children():
        if isinstance(module, nn.ModuleList | nn.ModuleDict):
            modules += called_modules(module)
        else:
            modules.append(module)
    return modules
