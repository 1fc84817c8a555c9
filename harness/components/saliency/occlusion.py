"""Maps from what changes when a window of one slice is hidden."""

from captum.attr import Occlusion
from torch import Tensor, nn

from harness.components.saliency import saliency
from harness.components.saliency.outputs import PIXELS, Baseline, baseline_of, output_sum
from harness.measure.memory import halve_until_it_fits, pixels_at_once
from harness.spec.options import Count


@saliency
def occlusion(
    net: nn.Module,
    images: Tensor,
    masks: Tensor | None,
    *,
    window: Count = 16,
    stride: Count | None = None,
    baseline: Baseline = "zero",
) -> Tensor:
    """|change of the sum of all outputs| as a window of one slice is hidden; `stride` is the window
    where not given.
    """
    step = stride or window
    if step > window:
        raise ValueError(
            f"saliency occlusion: stride {step} leaves gaps between windows of {window}"
        )
    height, width = images.shape[-2:]
    windows = (1, min(window, height), min(window, width))
    pixels = pixels_at_once(images.device, PIXELS)

    def attribute(windows_at_once: int) -> Tensor:
        """Returns the attributions, so many windows of every image in one pass."""
        maps: Tensor = Occlusion(output_sum(net)).attribute(
            images.detach(),
            sliding_window_shapes=windows,
            strides=(1, min(step, windows[1]), min(step, windows[2])),
            baselines=baseline_of(images, baseline),
            perturbations_per_eval=windows_at_once,
        )
        return maps

    maps, _ = halve_until_it_fits(attribute, max(1, pixels // images[:, 0].numel()))
    return maps.abs().to(images.dtype)
