"""Ways to train: generators of phases that read like a paper's method section."""

from harness.spec.catalogue import register

method = register("method")
