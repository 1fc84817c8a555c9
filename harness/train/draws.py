"""The random numbers of a step: draws of its own for each purpose, seeded by seed and step."""

import hashlib
import json

import torch

DROPOUT = "step"  # what a network draws by itself, from torch's own generators


class Draws:
    """The generators of one phase, made once and seeded anew at each step.

    A recorded step reads from the generators that it was recorded with, so they stay the same
    objects for the whole phase.
    """

    def __init__(self, seed: int, phase: int, device: torch.device) -> None:
        """Takes the seed of the fit, the number of its phase, and the training device."""
        self.device = device
        self._seed = seed
        self._phase = phase
        self._step = 0
        self._generators: dict[tuple[str, torch.device], torch.Generator] = {}

    @property
    def generators(self) -> list[torch.Generator]:
        """All generators on the training device that a step has drawn from so far."""
        own = []
        for (_, device), generator in self._generators.items():
            if device.type == self.device.type:
                own.append(generator)
        return own

    def begin_step(self, step: int) -> None:
        """Seeds every generator for a step."""
        self._step = step
        for (purpose, _), generator in self._generators.items():
            generator.manual_seed(self._seed_of(purpose))

    def seed_dropout(self) -> None:
        """Seeds the generators of torch, which dropout and the like draw from."""
        seed_torch(self._seed_of(DROPOUT), self.device)

    def of(self, purpose: str, device: torch.device) -> torch.Generator:
        """Returns the generator of a purpose, as the step before this call has left it."""
        key = (purpose, device)
        if key not in self._generators:
            generator = torch.Generator(device)
            generator.manual_seed(self._seed_of(purpose))
            self._generators[key] = generator
        return self._generators[key]

    def _seed_of(self, purpose: str) -> int:
        name, _, stream = purpose.partition(" ")
        parts = [name, str(self._phase), *([stream] if stream else [])]
        return seed_from(self._seed, " ".join(parts), self._step)


def seed_torch(seed: int, device: torch.device) -> None:
    """Seeds the generators that networks draw from: `torch.manual_seed` for this device alone.

    That function asks after every kind of device there is, half a millisecond for each step.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        torch.cuda.default_generators[index].manual_seed(seed)
    elif device.type != "cpu":
        torch.manual_seed(seed)


def seed_from(*parts: object) -> int:
    """Makes a seed of names and numbers, the same on every machine."""
    text = json.dumps(parts)
    digest = hashlib.sha256(text.encode()).digest()
    number = int.from_bytes(digest[:8], "little")
    return number >> 1  # torch takes no seed above 2**63
