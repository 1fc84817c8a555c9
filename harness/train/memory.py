"""What is said where memory ends and nothing more can be cut: what did not fit, and what would."""

import torch

from harness.data.images import Domains
from harness.train.phases import Batch, Phase
from harness.train.state import FitInProgress

GIB = 2**30
COPIES = 4  # of a crop in 4 bytes a pixel: as it was cut, augmented, its mask in 8 bytes


def no_memory_for_one(training: FitInProgress, batch: Batch) -> ValueError:
    """Says that a step of one crop does not fit."""
    patch = max(crops.images.shape[-1] for crops in batch.streams.values() if len(crops.images))
    smaller = max(32, patch // 2)
    return ValueError(
        f"fit.patch: memory ran out in a step with a single crop of {patch} x {patch} pixels"
        f"{_of_card(training.device)}; a patch of {smaller} needs a quarter of it, and a smaller "
        "network, or precision: bfloat16, less"
    )


def no_memory_for_crops(training: FitInProgress, phase: Phase, data: Domains) -> ValueError:
    """Says that not even the crops of a step fit, and how many would."""
    spec = training.spec
    patch = phase.patch or spec.patch
    count, channels = 0, 1
    for name in phase.streams:
        count += phase.batch_of(name, spec.batch)
        channels = max(channels, phase.domain_of(name, data).images.channels)
    size = COPIES * 4 * channels * patch * patch
    text = (
        f"fit.batch: the {count} crops of a step ({patch} x {patch}, {channels} channels) need "
        f"{count * size / GIB:.2g} GiB{_of_card(training.device)}"
    )
    if training.device.type == "cuda":
        torch.cuda.empty_cache()
        free, _ = torch.cuda.mem_get_info(training.device)
        fitting = int(free // (2 * size))  # half of it is the network's
        text += f"; about {max(1, fitting)} would fit"
    return ValueError(text)


def _of_card(device: torch.device) -> str:
    """Says how large a card is; nothing of a processor."""
    if device.type != "cuda":
        return ""
    total = torch.cuda.get_device_properties(device).total_memory
    return f" on a card of {total / GIB:.0f} GiB"
