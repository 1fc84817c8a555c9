"""Which inputs a network's outputs hang on: (net, images, masks) -> non-negative maps of the images' shape."""

from harness.spec.catalogue import register

saliency = register("saliency")
