"""What is done to all images once, before training and testing."""

from harness.spec.catalogue import register

prepare = register("prepare")
