"""Networks: (input channels, classes) -> module."""

from harness.registry import register

net = register("net")
