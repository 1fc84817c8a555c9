"""Pretrained encoders from the libraries' hub: cached, and refused in one sentence where it cannot
be reached.
"""

import os
import socket
from urllib.parse import urlparse

from torch import Tensor

from harness.components.nets import torchvision_schema

torchvision_schema.define()

import segmentation_models_pytorch as smp  # noqa: E402  after the schemas
from huggingface_hub import constants  # noqa: E402

PATIENCE = 3.0  # seconds for a first answer; the hub's own client asks for 23
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def encoder_weights(encoder: str, weights: str) -> dict[str, Tensor]:
    """Returns the library's weights for an encoder of three colours, named as in a network that
    holds it.
    """
    check_offered(encoder, weights)
    offline = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = offline or not _reachable(constants.ENDPOINT)
    try:
        pretrained = smp.encoders.get_encoder(encoder, weights=weights)
    except OSError as error:  # what the hub's client raises, offline or refused
        first_line = str(error).strip().splitlines()[0]
        raise ValueError(
            f"fit.init: the {weights} weights of {encoder} are not in the cache "
            f"({constants.HF_HUB_CACHE}) and {constants.ENDPOINT} gave none ({first_line}); "
            "run once where there is a network, copy that folder or set HF_HOME to it, "
            "or take `photos`, which needs no download"
        ) from None
    finally:
        constants.HF_HUB_OFFLINE = offline
    return {f"encoder.{name}": value for name, value in pretrained.state_dict().items()}


def check_offered(encoder: str, weights: str) -> None:
    """Refuses weights that neither of the two libraries lists, without asking the hub."""
    if encoder.startswith("tu-"):
        offers = _offers_of_timm(encoder.removeprefix("tu-"))
    else:
        offers = tuple(smp.encoders.encoders[encoder]["pretrained_settings"])
    if weights not in offers:
        names = ", ".join(offers) or "none"
        raise ValueError(f"fit.init.weights: {encoder} has no {weights!r}; there is {names}")


def _offers_of_timm(name: str) -> tuple[str, ...]:
    """What there is of an encoder of timm: whatever its authors trained, as `imagenet`."""
    import timm

    return ("imagenet",) if timm.is_model_pretrained(name) else ()


def _reachable(endpoint: str) -> bool:
    """Whether anybody answers there; a proxy is trusted to know."""
    if any(os.environ.get(name) for name in PROXIES):
        return True
    address = urlparse(endpoint)
    host = address.hostname or ""
    port = address.port or 443
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except OSError:
        return False
    return True
