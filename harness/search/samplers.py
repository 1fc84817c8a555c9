"""Optuna's samplers and pruners by the names that a study writes; Optuna is loaded inside."""

import hashlib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.study.search import Search

SAMPLERS = {
    "tpe": "TPESampler",
    "random": "RandomSampler",
    "qmc": "QMCSampler",
    "gp": "GPSampler",
    "cmaes": "CmaEsSampler",
    "nsga2": "NSGAIISampler",
}
ONE_SEQUENCE = ("qmc",)  # samplers whose points are one sequence: all of it has one seed
ONE_BY_ONE = ("random", "tpe")  # samplers that draw one setting after the other
PRUNERS = {
    "median": "MedianPruner",
    "hyperband": "HyperbandPruner",
    "successive_halving": "SuccessiveHalvingPruner",
}


def reseeds_for_each_setting(search: Search) -> bool:
    """Whether each setting of a point is drawn from a seed of its own, so that a point that a kill
    has cut in two is drawn to its end as it would have been.
    """
    return search.sampler.name in ONE_BY_ONE


def build_sampler(search: Search, number: int, path: str = "") -> Any:
    """The sampler that asks for the point of this number, or for one setting of it.

    Its seed comes of the study's and of the number, so that a search that was killed goes on with
    the points that it would have had. A sampler itself would begin again with the first.
    """
    name = search.sampler.name
    seed = search.sampler.seed
    if name not in ONE_SEQUENCE:
        seed = _seed_of_draw(f"{seed}:{number}:{path}")
    arguments = {**search.sampler.arguments, "seed": seed}
    if name not in SAMPLERS:
        return _build(_installed_sampler(name), f"sampler {name}", arguments)
    import optuna

    return _build(getattr(optuna.samplers, SAMPLERS[name]), f"sampler {name}", arguments)


def build_pruner(search: Search) -> Any:
    """The pruner that stops trainings by their intermediate values; one that stops none."""
    import optuna

    if search.prune is None:
        return optuna.pruners.NopPruner()
    kind = getattr(optuna.pruners, PRUNERS[search.prune])
    return _build(kind, f"pruner {search.prune}", search.prune_arguments)


def sampler_line(search: Search) -> str:
    """The sampler with its arguments, its seed and the version of what it comes from."""
    package = "optuna" if search.sampler.name in SAMPLERS else "optunahub"
    try:
        version = metadata.version(package)
    except metadata.PackageNotFoundError:
        version = "not installed"
    return f"{search.sampler.text}, {package} {version}"


def _seed_of_draw(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _build(kind: Any, name: str, arguments: Mapping[str, Any]) -> Any:
    """Makes a sampler or pruner; an argument that it does not take is a ValueError."""
    import warnings

    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            return kind(**arguments)
        except ModuleNotFoundError as error:
            text = f"{name} needs {error.name}, which is not installed: pip install {error.name}"
            raise ValueError(text) from None
        except ImportError as error:
            raise ValueError(f"{name}: {str(error).strip().splitlines()[0]}") from None
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: {error}") from None


def _installed_sampler(name: str) -> Any:
    """The sampler of a package of OptunaHub that lies on this machine; nothing is downloaded."""
    try:
        import optunahub
    except ModuleNotFoundError:
        text = f"sampler {name} is one of OptunaHub: pip install 'harness[search]'"
        raise ValueError(text) from None
    folder = _folder_of_package(name)
    if folder is None:
        text = (
            f"sampler {name} is not installed; fetch it once where there is a network: "
            f"python -c \"import optunahub; optunahub.load_module('{name}')\""
        )
        raise ValueError(text)
    module = optunahub.load_local_module(name, registry_root=str(folder))
    kind = None
    for value in vars(module).values():
        is_sampler = isinstance(value, type) and hasattr(value, "sample_relative")
        if is_sampler and value.__module__.startswith(module.__name__):
            kind = value
    if kind is None:
        raise ValueError(f"{name} holds no sampler")
    return kind


def _folder_of_package(name: str) -> Path | None:
    """The folder that OptunaHub has fetched a package into, above its own name."""
    from optunahub import _conf

    for folder in sorted(Path(_conf.cache_home()).glob("*/*/*/*/package")):
        if (folder / name).is_dir():
            return folder
    return None
