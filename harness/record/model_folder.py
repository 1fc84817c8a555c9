"""The weights of a run as a model that MLflow knows: a folder of its layout among the artifacts.

`mlflow.pyfunc.load_model("runs:/RUN/model")` opens it, and so does `examples/load_network.py`
without MLflow. A model in MLflow's own tables takes four more transactions for each trial (17 ms,
where recording it takes 41); this takes two small files beside the weights.
"""

import json
import platform
import time
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from harness.record.result import TrialResult
from harness.study.cells import Cell

MODEL = "model"  # the folder among the artifacts of a run
WEIGHTS = f"{MODEL}/data/weights.safetensors"
NETWORK = f"{MODEL}/data/network.json"  # what builds the network that the weights belong to
DESCRIPTION = f"{MODEL}/MLmodel"
MODELS_TAG = "mlflow.log-model.history"  # by which MLflow's UI knows the models of a run

LOADER = "harness.apply.mlflow_model"  # the module that MLflow asks for the model

Keep = Callable[[Path | str, str], None]  # a file or a text, kept under a name


def has_model(result: TrialResult) -> bool:
    """Whether a trial has weights, and says which network they belong to."""
    return result.weights is not None and result.channels > 0


def keep_model(keep: Keep, cell: Cell, result: TrialResult) -> None:
    """Keeps the weights with what is needed to open them."""
    if result.weights is None or not has_model(result):
        return
    network = {
        "net": cell.trial.fit.net.to_plain(),
        "channels": result.channels,
        "outputs": result.outputs,
    }
    keep(result.weights, WEIGHTS)
    keep(json.dumps(network, indent=1), NETWORK)
    keep(_description(), DESCRIPTION)


def models_tag(result: TrialResult) -> str:
    """What a run's tag says of its model; empty where it has none."""
    if not has_model(result):
        return ""
    model = {
        "artifact_path": MODEL,
        "flavors": {"python_function": _flavor()},
        "utc_time_created": _now(),
    }
    return json.dumps([model])


def _description() -> str:
    """The file MLmodel, by which MLflow knows a folder as a model."""
    flavor = "".join(f"    {name}: {value}\n" for name, value in _flavor().items())
    return (
        f"artifact_path: {MODEL}\n"
        f"flavors:\n  python_function:\n{flavor}"
        f"mlflow_version: {_mlflow_version()}\n"
        f"utc_time_created: '{_now()}'\n"
    )


def _flavor() -> dict[str, str]:
    """How MLflow opens the model: it calls `_load_pyfunc` of the module with the folder."""
    python = platform.python_version()
    return {"data": "data", "loader_module": LOADER, "python_version": python}


@cache
def _mlflow_version() -> str:
    return version("mlflow")


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
