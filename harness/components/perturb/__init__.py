"""Changes of the test images by a strength."""

from harness.spec.catalogue import register

perturb = register("perturb")
