"""Lets timm and segmentation_models_pytorch be imported where torch is a CPU build and torchvision
a CUDA build.

torchvision registers fake kernels for two operators on import, and fails where its compiled library
did not load and so never defined them. Naming their schemas first is enough: nothing here calls
them. On a matching pair the operators are there already, and this does nothing.
"""

import importlib.util
from pathlib import Path

import torch


def define() -> None:
    """Defines the schemas of torchvision's nms and qnms if its own library cannot."""
    if _library_loads():
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    KEPT.append(library)  # the definitions live as long as this object


KEPT: list[torch.library.Library] = []


def _library_loads() -> bool:
    """Whether torchvision's compiled operators match this torch."""
    package = importlib.util.find_spec("torchvision")  # finds, and does not import
    if package is None:
        return False
    libraries: list[Path] = []
    for folder in package.submodule_search_locations or ():
        libraries += Path(folder).glob("_C*.so")
    try:
        for path in libraries:
            torch.ops.load_library(path)
    except OSError:
        return False
    return bool(libraries)
