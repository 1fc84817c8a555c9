"""A trained network out of the model folder of a run: as a torch module, or as MLflow opens it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from harness.measure.forward import padded_forward
from harness.spec.trusted import read_part
from harness.store import load_weights
from harness.train.build import build_net


def load_network(folder: Path) -> nn.Module:
    """The network of a run's folder `model`, with its weights, in evaluation mode.

    It takes images from 0 to 1 as (n, channels, height, width), those of all slices of a stack as
    channels, and gives logits. What a study says under `prepare` is no part of it.
    """
    data = folder / "data" if (folder / "data").is_dir() else folder
    file = data / "network.json"
    if not file.exists():
        raise ValueError(
            f"{folder} is no model of a run: name the folder `model` among its artifacts, which "
            "`harness show RUN` prints"
        )
    network = json.loads(file.read_text(encoding="utf-8"))
    part = read_part("net", network["net"])
    net = build_net(part, network["channels"], network["outputs"])
    net.load_state_dict(load_weights(data / "weights.safetensors"))
    return net.eval()


class MlflowModel:
    """A network as MLflow calls it: arrays in, probabilities out."""

    def __init__(self, net: nn.Module) -> None:
        """Takes a network that gives logits."""
        self.net = net

    @torch.no_grad()
    def predict(self, images: Any, params: Any = None) -> NDArray[np.float32]:
        """(n, classes, h, w): the probability of each class; one output is the foreground's."""
        batch = torch.as_tensor(np.asarray(images, dtype=np.float32))
        logits = padded_forward(self.net, batch)
        one_output = logits.shape[1] == 1
        probabilities = logits.sigmoid() if one_output else logits.softmax(dim=1)
        array: NDArray[np.float32] = probabilities.numpy()
        return array


def _load_pyfunc(path: str) -> MlflowModel:
    """What `mlflow.pyfunc.load_model` calls, by this name."""
    return MlflowModel(load_network(Path(path)))
