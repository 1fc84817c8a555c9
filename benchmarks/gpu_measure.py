"""What measuring takes on a card beside the libraries it stands on, and how exact it is.

Maps of DeepLabV3+ with resnet34, a batch at once, against captum image by image; a distance of a
million values against scipy; gradients with and without TF32 against double precision. In full on
a card, in small on a processor, by medians.
"""

import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from captum.attr import IntegratedGradients, Occlusion, Saliency
from scipy.stats import wasserstein_distance
from torch import Tensor, nn

from benchmarks.text_table import print_heading, print_row
from harness.measure.arithmetic import measuring_arithmetic
from harness.measure.forward import padded_forward
from harness.measure.layers import weights_without_gradients
from harness.measure.sorted_distances import sort_channels, wasserstein
from harness.train.build import build_net
from harness.train.true_float32 import true_float32
from tests.made.networks import function_of, part_of  # parts as a study file writes them

SLICES = 3
WINDOW = 64


@dataclass(frozen=True)
class Size:
    """How large the benchmark is."""

    images: int
    side: int
    steps: int  # of integrated gradients
    values: int  # of a distance
    repeats: int


IN_FULL = Size(images=8, side=512, steps=50, values=1_000_000, repeats=7)
IN_SMALL = Size(images=2, side=64, steps=5, values=100_000, repeats=3)


def main() -> None:
    """Prints every comparison, on a card where there is one."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    size = IN_FULL if device.type == "cuda" else IN_SMALL
    print_about(device, size)
    net = network().to(device)
    torch.manual_seed(0)
    images = torch.rand(size.images, SLICES, size.side, size.side).to(device)
    compare_maps(net, images, size)
    compare_distances(device, size)
    compare_precision(net, images)


def print_about(device: torch.device, size: Size) -> None:
    """Prints where and on what the comparisons are made."""
    name = "a processor"
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    print(f"{name}, torch {torch.__version__}")
    print(f"{size.images} images of {SLICES} x {size.side} x {size.side}, DeepLabV3+/resnet34")
    print(f"medians of {size.repeats}")


def network() -> nn.Module:
    torch.manual_seed(0)
    raw = {"arch": "deeplabv3plus", "encoder": "resnet34", "slices": SLICES}
    return build_net(part_of("net", raw), SLICES, 1).eval()


def seconds(run: Callable[[], Any], repeats: int) -> float:
    """Returns the median time of a call, after one that is not counted."""
    run()
    times = []
    for _ in range(repeats):
        wait_for_card()
        began = time.perf_counter()
        run()
        wait_for_card()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def wait_for_card() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def compare_maps(net: nn.Module, images: Tensor, size: Size) -> None:
    """Prints the time of each kind of map."""
    print_heading("milliseconds an image")
    print_row("", ["harness", "captum", "ratio"])
    steps = size.steps
    window = min(WINDOW, size.side // 2)
    windows = (1, window, window)

    def output_sum(batch: Tensor) -> Tensor:
        return padded_forward(net, batch).flatten(1).sum(1)

    def gradient(image: Tensor) -> None:
        Saliency(output_sum).attribute(image.clone().requires_grad_())

    def integrated_gradients(image: Tensor) -> None:
        IntegratedGradients(output_sum).attribute(image, n_steps=steps, internal_batch_size=1)

    def occlusion(image: Tensor) -> None:
        Occlusion(output_sum).attribute(image, sliding_window_shapes=windows, strides=windows)

    settings: dict[str, Any] = {"net": net, "images": images, "size": size}
    compare_map("gradient", "gradient", gradient, **settings)
    raw: dict[str, Any] = {"name": "integrated_gradients", "steps": steps}
    compare_map(f"integrated gradients, {steps}", raw, integrated_gradients, **settings)
    raw = {"name": "occlusion", "window": window}
    compare_map(f"occlusion, {window}", raw, occlusion, **settings)


def compare_map(
    title: str,
    raw: Any,
    by_captum: Callable[[Tensor], None],
    *,
    net: nn.Module,
    images: Tensor,
    size: Size,
) -> None:
    """Prints the time of harness for a batch beside that of captum image by image."""
    explain = function_of("saliency", raw)

    def whole_batch() -> None:
        with weights_without_gradients(net):
            explain(net, images, None)

    def image_by_image() -> None:
        for image in images:
            by_captum(image[None])

    with measuring_arithmetic(images.device):
        of_harness = seconds(whole_batch, size.repeats)
    with true_float32():
        of_library = seconds(image_by_image, min(3, size.repeats))
    print_comparison(title, 1000 * of_harness / len(images), 1000 * of_library / len(images))


def compare_distances(device: torch.device, size: Size) -> None:
    """Prints the time of one Wasserstein distance beside scipy's, the copy to the host included."""
    print_heading(f"milliseconds for two samples of {size.values:,} values")
    print_row("", ["harness", "scipy", "ratio"])
    torch.manual_seed(0)
    maps = torch.rand(2, size.values, dtype=torch.float64).square().to(device)

    def on_device() -> float:
        return wasserstein(*sort_channels(maps))

    def by_scipy() -> float:
        return float(wasserstein_distance(*maps.cpu().numpy()))

    of_harness = seconds(on_device, size.repeats)
    of_library = seconds(by_scipy, min(3, size.repeats))
    print_comparison("wasserstein", 1000 * of_harness, 1000 * of_library)
    ordered = sort_channels(maps)
    of_sorted = seconds(lambda: wasserstein(*ordered), size.repeats)
    print_comparison("of sorted channels", 1000 * of_sorted, 1000 * of_library)
    difference = abs(on_device() - by_scipy()) / by_scipy()
    print(f"they differ by {difference:.1e} of it")


def compare_precision(net: nn.Module, images: Tensor) -> None:
    """Prints how far gradients are off, with what torch does by default and in float32 proper."""
    print_heading("error of gradient maps against double precision, and between batch sizes")
    print_row("", ["error", "batches"])
    explain = function_of("saliency", "gradient")
    results = []
    for context in (nullcontext, true_float32):
        with context(), weights_without_gradients(net):
            together = explain(net, images, None)
            alone = torch.cat([explain(net, image[None], None) for image in images])
        results.append((together, alone))
    double = net.double()
    truth = torch.cat([explain(double, image[None].double(), None) for image in images])
    for title, (together, alone) in zip(("torch's default", "float32"), results, strict=True):
        error = relative_error(together, truth)
        between = relative_error(alone, together.double())
        print_row(title, [f"{error:.1e}", f"{between:.1e}"])


def relative_error(values: Tensor, truth: Tensor) -> float:
    return float((values.double() - truth).norm() / truth.norm())


def print_comparison(title: str, of_harness: float, of_library: float) -> None:
    cells = [f"{of_harness:.3f}", f"{of_library:.3f}"]
    ratio = of_library / of_harness
    print_row(title, [*cells, f"{ratio:.1f}"])


if __name__ == "__main__":
    main()
