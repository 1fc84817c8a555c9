"""Folders of components beside those of harness."""

import os
from collections.abc import Sequence
from pathlib import Path

from harness.spec.catalogue import catalogue

VARIABLE = "HARNESS_COMPONENTS"


def use_components(folders: Sequence[Path]) -> None:
    """Adds folders of components to the catalogue, for this process and those that it starts."""
    names = [name for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    new_names = [str(folder) for folder in folders if str(folder) not in names]
    if new_names:
        os.environ[VARIABLE] = os.pathsep.join([*names, *new_names])
        catalogue.cache_clear()
