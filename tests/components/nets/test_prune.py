"""Pruned skips: the parameters of paper 004's Table II, features that no longer count, refusals with a reason."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

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


def made(arch: str, prune: Any = 0, encoder: str = "resnet18", classes: int = 2) -> Any:
    torch.manual_seed(0)
    net: nn.Module = load_component("net", arch)(3, classes, encoder=encoder, prune=prune)
    return net.eval()


def size(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("encoder", TABLE_II)
@pytest.mark.parametrize("level", range(5))
def test_parameters_are_those_of_the_paper(encoder: str, level: int) -> None:
    assert size(made("unet", level, encoder)) == TABLE_II[encoder][level]


@pytest.mark.parametrize("gone", [[1], [2], [3], [4], [1, 3], [2, 4], [1, 2, 3, 4]])
def test_any_subset_takes_its_own_weights_away(gone: list[int]) -> None:
    removed = sum(9 * SKIPS[level] * BLOCKS[level] for level in gone)
    assert size(made("unet", gone)) == TABLE_II["resnet18"][0] - removed


def test_parameters_of_the_other_decoders_by_hand() -> None:
    # U-Net++ without skips is a U-Net without skips; with the deepest alone it is a U-Net with that one.
    assert size(made("unetplusplus", 4)) == size(made("unet", 4))
    assert size(made("unetplusplus", 3)) == size(made("unet", 3))
    assert size(made("unetplusplus", 2)) > size(made("unet", 2))  # the dense nodes below are there
    # LinkNet adds its skips, which costs nothing; a pyramid loses a 1 x 1 convolution to 256 channels with its bias.
    assert size(made("linknet", 4)) == size(made("linknet"))
    assert size(made("fpn", [2, 3])) == size(made("fpn")) - 256 * (64 + 1 + 128 + 1)
    # DeepLabV3+ loses the 1 x 1 convolution to 48 channels, its norm, and 48 inputs of a separable convolution.
    assert size(made("deeplabv3plus", 2)) == size(made("deeplabv3plus")) - (
        64 * 48 + 2 * 48 + 48 * (9 + 256)
    )
    # MA-Net's attention block becomes the plain one that the library ends with.
    plain = 9 * 64 * 32 + 2 * 32
    squeezed = 64 * 4 + 4 + 4 * 64 + 64
    attentive = 9 * 64 * 64 + 2 * 64 + 64 * 64 + 2 * 64 + 2 * squeezed + 9 * 128 * 32 + 2 * 32
    assert size(made("manet", 1)) == size(made("manet")) - attentive + plain


CASES = [
    *[
        (arch, gone)
        for arch in ("unet", "unetplusplus", "manet", "linknet")
        for gone in (1, 4, [1, 3], [2, 3], [4])
    ],
    *[("fpn", gone) for gone in (2, 4, [3])],
    ("deeplabv3plus", 2),
]


@pytest.mark.parametrize(("arch", "gone"), CASES)
def test_a_removed_skip_no_longer_counts_and_the_others_do(arch: str, gone: Any) -> None:
    net = made(arch, gone)
    levels = list(range(1, gone + 1)) if isinstance(gone, int) else gone
    used = {"fpn": {2, 3, 4}, "deeplabv3plus": {2}}.get(arch, {1, 2, 3, 4})
    with torch.no_grad():
        features = net.encoder(torch.rand(1, 3, 64, 64))
        before = net.decoder(list(features))
        for level in (1, 2, 3, 4):
            other = [f + torch.rand_like(f) if i == level else f for i, f in enumerate(features)]
            same = torch.equal(net.decoder(other), before)
            assert same == (level in levels or level not in used), level


@pytest.mark.parametrize(
    "arch", ["unet", "unetplusplus", "manet", "linknet", "fpn", "deeplabv3plus"]
)
def test_without_pruning_it_is_the_librarys_network(arch: str) -> None:
    import segmentation_models_pytorch as smp

    mine = made(arch)
    torch.manual_seed(0)
    theirs = smp.create_model(
        arch, encoder_name="resnet18", encoder_weights=None, in_channels=3, classes=2
    )
    both = zip(mine.state_dict().items(), theirs.state_dict().items(), strict=True)
    assert all(a == b and torch.equal(v, w) for (a, v), (b, w) in both)


@pytest.mark.parametrize("arch", ["unet", "unetplusplus", "manet", "fpn"])
def test_what_both_have_starts_from_the_same_weights(arch: str) -> None:
    """The same seed with and without a skip: pairs are pairs."""
    whole, pruned = made(arch).state_dict(), made(arch, 2).state_dict()
    shared = [n for n in pruned if n in whole and whole[n].shape == pruned[n].shape]
    assert all(torch.equal(whole[n], pruned[n]) for n in shared)
    changed = [n for n in pruned if n not in shared]
    assert all(n.startswith("decoder.blocks.") and ".conv1." in n for n in changed)
    assert (len(changed) == 0) == (arch == "fpn")


def test_a_rebuilt_block_starts_as_the_library_starts_one() -> None:
    """Kaiming uniform over the inputs that are left: a bound of sqrt(6 / (9 x 64))."""
    weight: Tensor = made("unet", 1).decoder.blocks[3].conv1[0].weight.detach()
    assert weight.shape == (32, 64, 3, 3)
    bound = (6 / (9 * 64)) ** 0.5
    assert 0.99 * bound < float(weight.abs().max()) <= bound


@pytest.mark.parametrize("encoder", ["vgg11", "mobilenet_v2", "efficientnet-b0"])
def test_other_encoders_lose_what_their_stages_give(encoder: str) -> None:
    whole, pruned = made("unet", 0, encoder), made("unet", [1, 4], encoder)
    channels = whole.encoder.out_channels
    assert size(whole) - size(pruned) == 9 * (channels[1] * 32 + channels[4] * 256)
    assert pruned(torch.rand(1, 3, 64, 64)).shape == (1, 2, 64, 64)


def test_an_encoder_without_the_stage_says_so() -> None:
    with pytest.raises(
        ValueError,
        match=r"fit.net.prune: mit_b0 has no features at a stride of 2, and so no skip 1",
    ):
        made("unet", 1, "mit_b0")
    with pytest.raises(ValueError, match="so no skip 1"):
        made("unet", [1, 2], "mit_b0")
    uppermost = made("unet", 2, "mit_b0")
    assert size(made("unet", 0, "mit_b0")) - size(uppermost) == 9 * 32 * 64


def test_a_pruned_network_learns() -> None:
    net = made("unet", [1, 3]).train()
    net(torch.rand(2, 3, 64, 64)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_weights_of_another_prune_are_refused_with_a_remedy() -> None:
    whole = made("unet").state_dict()
    with pytest.raises(
        ValueError, match=r"differs at decoder.blocks.3.conv1.0.weight: .* set the same fit.net"
    ):
        load_into(made("unet", 1), whole, "all")
    pruned = made("unet", 1)
    load_into(pruned, whole, "matching")
    assert torch.equal(
        pruned.state_dict()["decoder.blocks.0.conv1.0.weight"],
        whole["decoder.blocks.0.conv1.0.weight"],
    )


BASE = "base: {fit: {train_on: {name: malaria}, net: {arch: unet, encoder: resnet18}}}\n"


def complaints(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "s.yaml"
    file.write_text(BASE + text)
    with pytest.raises(Mistakes) as caught:
        load_study(file)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


WHY = "segformer cannot be pruned: its decoder joins all stages at once, and none is a skip"


def test_a_network_that_cannot_be_pruned_says_why(tmp_path: Path) -> None:
    assert complaints(tmp_path, "grid: {fit.net: [{arch: segformer, prune: 1}]}\n") == [
        f"s.yaml:2:36: fit.net.prune: {WHY}"
    ]
    assert complaints(tmp_path, "grid: {fit.net: [{arch: fpn, prune: 1}]}\n") == [
        "s.yaml:2:37: fit.net.prune: 1 is not one of 0, 2, 3, 4"
    ]
    assert complaints(tmp_path, "grid: {fit.net.prune: [[1, 5]]}\n") == [
        "s.yaml:2:24: fit.net.prune: 5: should be less than or equal to 4"
    ]


def test_an_axis_of_prunes_does_not_silently_collapse(tmp_path: Path) -> None:
    axes = "grid: {fit.net.arch: [unet, segformer], fit.net.prune: [0, 1]}\n"
    (one,) = complaints(tmp_path, axes)
    assert one.startswith(
        f"s.yaml:2:56: fit.net.prune: {WHY}; leave it out with `exclude: [{{fit.net.arch: segformer}}]`"
    )
    file = tmp_path / "s.yaml"
    file.write_text(BASE + axes + "exclude: [{fit.net.arch: segformer}]\n")
    assert len(load_study(file).cells) == 2
    file.write_text(BASE + axes + "when: {fit.net.prune: {fit.net.arch: unet}}\n")
    assert [cell.levels.get("fit.net.prune") for cell in load_study(file).cells] == ["0", "1", None]
