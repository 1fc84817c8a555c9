"""How far the features of each layer move between an original and a shifted test set (paper 004,
section IV-B).
"""

from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor, nn

from harness.components.probes import probe
from harness.components.probes.shift_distances import Side, compare_layers
from harness.components.probes.shift_figures import caption_of, violins
from harness.data.images import Labelled, Unlabelled
from harness.measure.forward import logits_of
from harness.measure.layers import hooked_layers, stages
from harness.measure.rows import Arrays, Figure, Original, Row
from harness.spec.options import Count, Dataset

METRICS = ("hellinger", "hellinger_null", "representation_shift")


@probe(
    metrics=("hellinger", "hellinger_null", "representation_shift"),
    lower=("hellinger", "hellinger_null", "representation_shift"),
    dimensions=("layer",),
    needs=("original",),
)
def shift(
    net: nn.Module,
    test: Labelled | Unlabelled,
    original: Original | None,
    *,
    against: Dataset | None = None,
    layers: list[str] | None = None,
    bins: Count = 100,
) -> Iterator[Row | Figure | Arrays]:
    """Hellinger and Wasserstein-1 distance of each layer's features from the unperturbed test set,
    or from `against`.

    The mean over channels, of feature maps averaged to one position per 32 x 32 pixels, in equal
    bins over the joint range. `hellinger_null` is the distance between two random halves of the
    original images in the same bins: what is left where nothing is shifted, and more than that, for
    a half has half the images. It is all there is where a trial has no perturbation and names
    nothing to compare `against`. `representation_shift` (Stacke 2020) is in the features' own
    units, so it compares no layers and no networks.
    """
    moved = original is not None or against is not None
    first = original or Original(net, test)
    start = Side(first.net, first.test.images if against is None else against.images)
    end = Side(net, test.images) if moved else None
    shifts = compare_layers(start, end, _layers_to_compare(start, end, layers), bins)

    arrays = {}
    for layer, layer_shift in shifts.items():
        layer_arrays = layer_shift.arrays()
        for metric in METRICS:
            if metric in layer_arrays:
                mean = float(layer_arrays[metric].mean())
                yield Row(metric, mean, dimensions={"layer": layer})
        for name, array in layer_arrays.items():
            arrays[f"{layer}/{name}"] = array
    yield Arrays("shift", arrays)
    if moved or len(start.images) > 1:
        yield Figure("shift", violins(shifts, moved), caption_of(shifts, moved))


def _layers_to_compare(start: Side, end: Side | None, layers: list[str] | None) -> list[str]:
    """Returns the layers that the study names, or all stages that give feature maps."""
    images = start.images
    if end is not None and end.images.channels != images.channels:
        raise ValueError(
            f"shift.against: {images.channels} channels, where test_on has {end.images.channels}"
        )
    all_stages = stages(start.net)
    names = all_stages if layers is None else list(dict.fromkeys(layers))
    outputs: dict[str, Tensor] = {}
    with hooked_layers(start.net, names, outputs.__setitem__):
        list(logits_of(start.net, replace(images, ids=images.ids[:1])))
    usable = [name for name in names if _is_maps(outputs.get(name))]
    unusable = [name for name in names if name not in usable]
    if not usable or (layers is not None and unusable):
        raise ValueError(
            f"shift.layers: {', '.join(unusable)}: no feature maps (n, channels, h, w); "
            f"there is {', '.join(all_stages)}"
        )
    return usable


def _is_maps(output: object) -> bool:
    return isinstance(output, Tensor) and output.ndim == 4 and output.shape[1] > 0
