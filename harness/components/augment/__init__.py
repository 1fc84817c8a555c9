"""Random changes of a training batch, as batched tensor code on the training device."""

from harness.spec.catalogue import register

augment = register("augment")
