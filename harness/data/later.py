"""Images that go through the same changes as others, but only where somebody asks for them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Later:
    """Images and the changes that they are to go through, which are made when `now` is called."""

    images: Any  # Unlabelled
    changes: tuple[Callable[[Any], Any], ...] = ()

    def then(self, change: Callable[[Any], Any]) -> "Later":
        """The same with one more change at the end."""
        return replace(self, changes=(*self.changes, change))

    def now(self) -> Any:
        """Returns the images after all changes."""
        images = self.images
        for change in self.changes:
            images = images.with_pixels(change)
        return images
