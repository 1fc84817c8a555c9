"""Ways to train: generators of phases that read like a paper's method section."""

from harness.registry import register

method = register("method")
