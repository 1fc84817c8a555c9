"""A trained network of a run as a torch module: to predict, to fine-tune, to export.

How to use it: `harness show RUN` prints the folder of a run's files, and in it lies `model`.

    python examples/load_network.py .harness/artifacts/1/RUN/artifacts/model

`load_network` is all that is harness's own; from there on it is torch alone. Images are numbers
from 0 to 1, (n, channels, height, width), sides a multiple of 32. A stack of three grey slices has
three channels.
"""

import sys
from pathlib import Path

import torch

from harness.apply.mlflow_model import load_network

net = load_network(Path(sys.argv[1]))
weights = list(net.parameters())
count = sum(weight.numel() for weight in weights)
print(f"{type(net).__name__} of {count:,} weights")

channels = weights[0].shape[1]  # of the first convolution
images = torch.rand(2, channels, 64, 64)
with torch.no_grad():
    logits = net(images)
print(f"images {tuple(images.shape)} -> logits {tuple(logits.shape)}")
