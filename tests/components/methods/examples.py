"""The methods in lab/, which stand outside the package, and small fits by each method."""

from pathlib import Path
from typing import Any

from harness.spec.catalogue import catalogue
from harness.spec.values import LAST, Fit, Part
from tests.made.fits import VALIDATED, small_fit

LAB = Path(__file__).parent / "lab"
EXAMPLES = sorted(file.stem for file in LAB.glob("*.py"))
TARGET = {"name": "phantom", "style": "vnc", "slices": 4, "size": 48}
WITHOUT_MASKS = ("colours",)  # these learn from photographs
SETTINGS: dict[str, dict[str, Any]] = {"damt": {"patch": 32}}  # what so small a fit needs


def fit_by(name: str, *, epochs: Any = 2, **settings: Any) -> Fit:
    """Returns a small fit by a method; one number of epochs is that of each of its phases."""
    component = catalogue("method")[name]
    default = component.options["epochs"].default
    if isinstance(default, list | tuple) and isinstance(epochs, int):
        epochs = [epochs] * len(default)
    own = {**SETTINGS.get(name, {}), **settings.pop("method", {})}
    method = {"name": name, "epochs": epochs, **own}
    if name in WITHOUT_MASKS:
        settings["train_on"] = "photos"
        settings["net"] = {"arch": "tiny_unet", "slices": 1, "width": 2}
    if "adapt_to" in component.facts.needs:
        settings["adapt_to"] = TARGET
    if translates(name):
        settings["net"] = {"arch": "resnet_generator", "width": 2, "blocks": 1}
        method.update(layers=[0, 4, 12], patches=4, critic=2, projection=3)
    return small_fit(method=method, **settings)


def picks_of(name: str) -> list[Part]:
    """Returns the picks of a fit by a method: the validation's where masks are learned."""
    if name in WITHOUT_MASKS or translates(name):
        return [LAST]
    return [LAST, VALIDATED]


def translates(name: str) -> bool:
    """Tells whether a method learns to translate images rather than to segment them."""
    component = catalogue("method")[name]
    return "translator" in component.facts.needs
