"""What each pixel of the training images weighs in the loss."""

from harness.spec.catalogue import register

weight = register("weight")
