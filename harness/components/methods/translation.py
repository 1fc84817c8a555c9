"""What CUT and FastCUT (Park 2020) share: a generator against a critic, held to the content of what
it translates by PatchNCE.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from harness.components.methods.mirroring import mirror_where, toss_coin
from harness.components.methods.patch_nce import Projections, draw_positions, patch_nce
from harness.components.methods.recipe import Recipe
from harness.components.nets.patch_critic import PatchCritic, least_squares
from harness.components.nets.resnet_generator import ResnetGenerator
from harness.data.images import Domains
from harness.train.phases import Batch, Optimise, Player

TRIAL_SIDE = 32  # of the blank image for which the projections are built


@dataclass(frozen=True)
class Translated:
    """The images of a step, images of the style, and the translation, mirrored or not."""

    images: Tensor
    style: Tensor
    translation: Tensor
    is_mirrored: Tensor | None  # whether the translation is; None where none ever is


class Translator:
    """A generator with what it learns from, all of which hangs on it, and the losses of CUT."""

    def __init__(
        self, net: nn.Module, data: Domains, recipe: Recipe, *, critic: int, projection: int
    ) -> None:
        """Hangs a critic and projections of these widths onto the generator."""
        images = data.source.images
        if images.slices != 1:
            raise ValueError("fit.net.slices: images are translated slice by slice; take 1")
        if not isinstance(net, ResnetGenerator):
            raise ValueError("fit.net: the layers of a resnet_generator are compared; take it")
        blank = torch.zeros(1, images.channels, TRIAL_SIDE, TRIAL_SIDE)
        blank = blank.to(next(net.parameters()).device)
        self.net = net
        self.recipe = recipe
        self.critic = PatchCritic(images.channels, critic).to(blank.device)
        self.projections = Projections(projection)
        with torch.no_grad():  # they have to be there before their optimiser is
            features = net.features(blank, recipe.layers)
            self.projections(features, draw_positions(features, 1))
        net.critic, net.projections = self.critic, self.projections

    def players(self, optimiser: Optimise) -> list[Player]:
        """Returns the critic, which learns first, and the generator with its projections."""
        own = [*self.net.layers.parameters(), *self.projections.parameters()]
        return [
            Player("critic", list(self.critic.parameters()), self.critic_loss, optimiser),
            Player("generator", own, self.generator_loss, optimiser),
        ]

    def translate_step(self, batch: Batch) -> Translated:
        """Translates the images of a step."""
        images, style = batch.target.images, batch.source.images
        if self.recipe.direction == "to_target":
            images, style = style, images
        is_mirrored = toss_coin(batch.rng) if self.recipe.mirrors else None
        inputs = mirror_where(images, is_mirrored)
        return Translated(images, style, self.net(inputs), is_mirrored)

    def critic_loss(self, batch: Batch) -> Tensor:
        """The mean of how wrongly the critic judges translations, and images of the style."""
        step = batch.once("translated", self.translate_step)
        on_translation = least_squares(self.critic(step.translation.detach()), 0)
        on_style = least_squares(self.critic(step.style), 1)
        return (on_translation + on_style) / 2

    def generator_loss(self, batch: Batch) -> dict[str, Tensor]:
        """What the critic still sees, and how far places of the translation are from their own."""
        step = batch.once("translated", self.translate_step)
        contrast = self.content_loss(step.images, step.translation, batch.rng, step.is_mirrored)
        if self.recipe.identity:
            same = self.net(step.style)
            contrast = (contrast + self.content_loss(step.style, same, batch.rng)) / 2
        return {
            "adversarial": least_squares(self.critic(step.translation), 1),
            "contrast": self.recipe.weight * contrast,
        }

    def content_loss(
        self,
        images: Tensor,
        translation: Tensor,
        rng: torch.Generator,
        is_mirrored: Tensor | None = None,
    ) -> Tensor:
        """The mean of PatchNCE over the layers; the images' own features are only compared with."""
        recipe = self.recipe
        features = []
        for maps in self.net.features(translation, recipe.layers):
            features.append(mirror_where(maps, is_mirrored))
        positions = draw_positions(features, recipe.patches, rng)
        queries = self.projections(features, positions)
        with torch.no_grad():
            keys = self.projections(self.net.features(images, recipe.layers), positions)
        terms = []
        for query, key in zip(queries, keys, strict=True):
            terms.append(patch_nce(query, key, recipe.temperature))
        return torch.stack(terms).mean()
