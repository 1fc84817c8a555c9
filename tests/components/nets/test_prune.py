"""Pruned skips: the parameters of paper 004's Table II, features that no longer count, refusals
with a reason.
"""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.components.nets.hub import smp
from harness.spec.catalogue import load_component
from harness.study.document import Mistakes
from harness.study.load import load_study
from harness.train.weights import load_into

TABLE_II = {
    "resnet18": (14_328_354, 14_309_922, 14_273_058, 14_125_602, 13_535_778),
    "resnet34": (24_436_514, 24_418_082, 24_381_218, 24_233_762, 23_643_938),
}
SKIPS = {1: 64, 2: 64, 3: 128, 4: 256}  # channels of a ResNet's stages
BLOCKS = {1: 32, 2: 64, 3: 128, 4: 256}  # channels that the decoder block beside each gives


def network(arch: str, prune: Any = 0, encoder: str = "resnet18", classes: int = 2) -> Any:
    """Builds a network of the library without some skips, always from the same seed."""
    torch.manual_seed(0)
    net: nn.Module = load_component("net", arch)(3, classes, encoder=encoder, prune=prune)
    return net.eval()


def size(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def size_of(arch: str, prune: Any = 0, encoder: str = "resnet18") -> int:
    return size(network(arch, prune, encoder))


@pytest.mark.parametrize("encoder", TABLE_II)
@pytest.mark.parametrize("level", range(5))
def test_parameters_are_those_of_the_paper(encoder: str, level: int) -> None:
    expected = TABLE_II[encoder][level]
    assert size_of("unet", level, encoder) == expected


@pytest.mark.parametrize("gone", [[1], [2], [3], [4], [1, 3], [2, 4], [1, 2, 3, 4]])
def test_any_subset_takes_its_own_weights_away(gone: list[int]) -> None:
    expected = TABLE_II["resnet18"][0]
    for level in gone:
        expected -= 9 * SKIPS[level] * BLOCKS[level]
    assert size_of("unet", gone) == expected


def test_parameters_of_the_nested_unet_by_hand() -> None:
    # U-Net++ without skips is a U-Net without skips; with the deepest alone a U-Net with that one.
    assert size_of("unetplusplus", 4) == size_of("unet", 4)
    assert size_of("unetplusplus", 3) == size_of("unet", 3)
    # The dense nodes below are still in it.
    assert size_of("unetplusplus", 2) > size_of("unet", 2)


def test_parameters_of_the_other_decoders_by_hand() -> None:
    # LinkNet adds its skips, which costs nothing.
    assert size_of("linknet", 4) == size_of("linknet")
    # A pyramid loses a 1 x 1 convolution to 256 channels with its bias.
    lateral = 256 * (64 + 1 + 128 + 1)
    pruned = size_of("fpn", [2, 3])
    assert pruned == size_of("fpn") - lateral
    # DeepLabV3+ loses the 1 x 1 convolution to 48 channels, its norm, and 48 inputs of a separable
    # convolution.
    projection = 64 * 48 + 2 * 48 + 48 * (9 + 256)
    assert size_of("deeplabv3plus", 2) == size_of("deeplabv3plus") - projection
    # MA-Net's attention block becomes the plain one that the library ends with.
    plain = 9 * 64 * 32 + 2 * 32
    squeeze = 64 * 4 + 4
    squeeze += 4 * 64 + 64
    attention = 9 * 64 * 64 + 2 * 64
    attention += 64 * 64 + 2 * 64
    merge = 2 * squeeze
    merge += 9 * 128 * 32
    merge += 2 * 32
    expected = size_of("manet") - attention - merge + plain
    assert size_of("manet", 1) == expected


U_NETS = ("unet", "unetplusplus", "manet", "linknet")
CASES: list[Any] = [
    *product(U_NETS, (1, 4, [1, 3], [2, 3], [4])),
    *product(["fpn"], (2, 4, [3])),
    ("deeplabv3plus", 2),
]


@pytest.mark.parametrize(("arch", "gone"), CASES)
def test_a_removed_skip_no_longer_counts_and_the_others_do(arch: str, gone: Any) -> None:
    net = network(arch, gone)
    levels = list(range(1, gone + 1)) if isinstance(gone, int) else gone
    used = {"fpn": {2, 3, 4}, "deeplabv3plus": {2}}.get(arch, {1, 2, 3, 4})
    with torch.no_grad():
        features = net.encoder(torch.rand(1, 3, 64, 64))
        before = net.decoder(list(features))
        for level in (1, 2, 3, 4):
            changed = list(features)
            changed[level] = features[level] + torch.rand_like(features[level])
            is_same = torch.equal(net.decoder(changed), before)
            is_gone = level in levels or level not in used
            assert is_same == is_gone, level


@pytest.mark.parametrize(
    "arch", ["unet", "unetplusplus", "manet", "linknet", "fpn", "deeplabv3plus"]
)
def test_without_pruning_it_is_the_librarys_network(arch: str) -> None:
    weights = network(arch).state_dict()
    torch.manual_seed(0)
    library_net = smp.create_model(
        arch, encoder_name="resnet18", encoder_weights=None, in_channels=3, classes=2
    )
    library_weights = library_net.state_dict()
    assert list(weights) == list(library_weights)
    assert all(torch.equal(value, library_weights[name]) for name, value in weights.items())


@pytest.mark.parametrize("arch", ["unet", "unetplusplus", "manet", "fpn"])
def test_what_both_have_starts_from_the_same_weights(arch: str) -> None:
    """The same seed with and without a skip: pairs are pairs."""
    whole = network(arch).state_dict()
    pruned = network(arch, 2).state_dict()
    changed = []
    for name, value in pruned.items():
        if name in whole and whole[name].shape == value.shape:
            assert torch.equal(whole[name], value), name
        else:
            changed.append(name)
    assert all(name.startswith("decoder.blocks.") and ".conv1." in name for name in changed)
    assert (len(changed) == 0) == (arch == "fpn")


def test_a_rebuilt_block_starts_as_the_library_starts_one() -> None:
    """Kaiming uniform over the inputs that are left: a bound of sqrt(6 / (9 x 64))."""
    block = network("unet", 1).decoder.blocks[3]
    weight: Tensor = block.conv1[0].weight.detach()
    assert weight.shape == (32, 64, 3, 3)
    bound = (6 / (9 * 64)) ** 0.5
    largest = float(weight.abs().max())
    assert 0.99 * bound < largest <= bound


@pytest.mark.parametrize("encoder", ["vgg11", "mobilenet_v2", "efficientnet-b0"])
def test_other_encoders_lose_what_their_stages_give(encoder: str) -> None:
    whole = network("unet", 0, encoder)
    pruned = network("unet", [1, 4], encoder)
    channels = whole.encoder.out_channels
    inputs = channels[1] * 32 + channels[4] * 256
    removed = size(whole) - size(pruned)
    assert removed == 9 * inputs
    assert pruned(torch.rand(1, 3, 64, 64)).shape == (1, 2, 64, 64)


def test_an_encoder_without_the_stage_says_so() -> None:
    message = r"fit.net.prune: mit_b0 has no features at a stride of 2, and so no skip 1"
    with pytest.raises(ValueError, match=message):
        network("unet", 1, "mit_b0")
    with pytest.raises(ValueError, match="so no skip 1"):
        network("unet", [1, 2], "mit_b0")
    uppermost = network("unet", 2, "mit_b0")
    removed = size_of("unet", 0, "mit_b0") - size(uppermost)
    assert removed == 9 * 32 * 64


def test_a_pruned_network_learns() -> None:
    net = network("unet", [1, 3]).train()
    logits = net(torch.rand(2, 3, 64, 64))
    logits.sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_weights_of_another_prune_are_refused_with_a_remedy() -> None:
    whole = network("unet").state_dict()
    message = r"differs at decoder.blocks.3.conv1.0.weight: .* set the same fit.net"
    with pytest.raises(ValueError, match=message):
        load_into(network("unet", 1), whole, "all")
    pruned = network("unet", 1)
    load_into(pruned, whole, "matching")
    name = "decoder.blocks.0.conv1.0.weight"
    assert torch.equal(pruned.state_dict()[name], whole[name])


BASE = "base: {fit: {train_on: {name: malaria}, net: {arch: unet, encoder: resnet18}}}\n"


def problems_of(tmp_path: Path, text: str) -> list[str]:
    """Returns what is wrong with a study file, with the places that it names."""
    file = tmp_path / "s.yaml"
    file.write_text(BASE + text)
    with pytest.raises(Mistakes) as caught:
        load_study(file)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


WHY = "segformer cannot be pruned: its decoder joins all stages at once, and none is a skip"


def test_a_network_that_cannot_be_pruned_says_why(tmp_path: Path) -> None:
    assert problems_of(tmp_path, "grid: {fit.net: [{arch: segformer, prune: 1}]}\n") == [
        f"s.yaml:2:36: fit.net.prune: {WHY}"
    ]
    assert problems_of(tmp_path, "grid: {fit.net: [{arch: fpn, prune: 1}]}\n") == [
        "s.yaml:2:37: fit.net.prune: 1 is not one of 0, 2, 3, 4"
    ]
    assert problems_of(tmp_path, "grid: {fit.net.prune: [[1, 5]]}\n") == [
        "s.yaml:2:24: fit.net.prune: 5: should be less than or equal to 4"
    ]


def test_an_axis_of_prunes_does_not_silently_collapse(tmp_path: Path) -> None:
    axes = "grid: {fit.net.arch: [unet, segformer], fit.net.prune: [0, 1]}\n"
    (problem,) = problems_of(tmp_path, axes)
    remedy = "leave it out with `exclude: [{fit.net.arch: segformer}]`"
    assert problem.startswith(f"s.yaml:2:56: fit.net.prune: {WHY}; {remedy}")
    file = tmp_path / "s.yaml"
    file.write_text(BASE + axes + "exclude: [{fit.net.arch: segformer}]\n")
    assert len(load_study(file).cells) == 2
    file.write_text(BASE + axes + "when: {fit.net.prune: {fit.net.arch: unet}}\n")
    levels = [cell.levels.get("fit.net.prune") for cell in load_study(file).cells]
    assert levels == ["0", "1", None]
