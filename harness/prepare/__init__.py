"""What is done to all images once, before training and testing."""

from harness.registry import register

prepare = register("prepare")
