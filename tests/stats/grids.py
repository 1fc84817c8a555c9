"""Grids of scores as a study measures them: networks of many settings on the same images."""

from itertools import product

import numpy as np
import pandas as pd

RNG = np.random.default_rng(5)


def grid(seeds: int = 4, images: int = 6) -> pd.DataFrame:
    """Draws scores of networks that differ by chance, on images of rising ease."""
    rows = []
    for init, arch, seed in product("abc", ("unet", "ynet"), range(seeds)):
        network = RNG.normal()
        for image in range(images):
            noise = RNG.normal()
            dice = network + 0.3 * image + noise
            rows.append((init, arch, seed, image, dice))
    return pd.DataFrame(rows, columns=["fit.init", "arch", "seed", "image", "dice"])


def means_of_networks(table: pd.DataFrame) -> pd.DataFrame:
    """Averages the images of each network."""
    without_images = table.drop(columns="image")
    networks = without_images.groupby(["fit.init", "arch", "seed"], as_index=False)
    return networks.mean()


def unequal_rows() -> pd.DataFrame:
    """Draws 70 rows of a grid, so that networks and images are crossed with holes."""
    complete = grid(seeds=3, images=5).rename(columns={"fit.init": "init"})
    table: pd.DataFrame = complete.sample(70, random_state=1)
    network = table.init + table.arch + table.seed.astype(str)
    return table.assign(net=network)
