"""Networks: (input channels, classes) -> module."""

from harness.spec.catalogue import register

net = register("net")
