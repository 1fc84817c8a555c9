"""Which inputs outputs hang on: (net, images, masks) -> maps of the images' shape, none
negative.
"""

from harness.spec.catalogue import register

saliency = register("saliency")
