"""Changes of the test images by a strength."""

from harness.registry import register

perturb = register("perturb")
