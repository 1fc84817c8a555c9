"""Pretrained encoders from a hub on this machine, from the cache, and refused where there is
neither.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from safetensors.torch import save_file

from harness.components.nets.hub import smp

ASK_THE_HUB = """
import sys
from harness.components.nets.hub import encoder_weights
try:
    weights = encoder_weights("resnet18", sys.argv[1])
    print(float(weights["encoder.conv1.weight"][0, 0, 0, 0]), len(weights))
except ValueError as error:
    print(error)
"""
NOBODY = "http://127.0.0.1:9"
NETWORK_VARIABLES = (
    "HF_HUB_OFFLINE",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the layout of the hub, and one encoder in it whose first weight is 0.5."""
    path = tmp_path_factory.mktemp("hub") / "model.safetensors"
    weights = smp.encoders.get_encoder("resnet18", weights=None).state_dict()
    weights["conv1.weight"][0, 0, 0, 0] = 0.5
    save_file(weights, path)
    files = {"model.safetensors": path.read_bytes(), "config.json": b"{}"}

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(with_body=False)

        def do_GET(self) -> None:
            self.answer(with_body=True)

        def answer(self, with_body: bool) -> None:
            name = self.path.split("?")[0].rsplit("/", 1)[-1]
            commit = self.path.split("/resolve/")[1].split("/")[0]
            body = files.get(name)
            self.send_response(404 if body is None else 200)
            self.send_header("ETag", f'"{name}-1"')
            self.send_header("X-Repo-Commit", commit)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            if with_body and body:
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def answer_of(endpoint: str, cache: Path, weights: str) -> str:
    """Asks a hub for weights in a process of its own, with a cache of its own."""
    environment = dict(os.environ)
    for name in NETWORK_VARIABLES:
        environment.pop(name, None)
    environment["HF_ENDPOINT"] = endpoint
    environment["HF_HOME"] = str(cache)
    process = subprocess.run(
        [sys.executable, "-c", ASK_THE_HUB, weights],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


def test_imagenet_comes_from_the_hub_once_and_then_from_the_cache(hub: str, tmp_path: Path) -> None:
    assert answer_of(hub, tmp_path, "imagenet").startswith("0.5 ")
    assert answer_of(NOBODY, tmp_path, "imagenet").startswith("0.5 ")


def test_a_refusal_names_the_cache_and_a_remedy(tmp_path: Path) -> None:
    refusal = answer_of(NOBODY, tmp_path, "imagenet")
    assert "are not in the cache" in refusal
    assert "take `photos`, which needs no download" in refusal
    assert "has no 'imagnet'; there is imagenet" in answer_of(NOBODY, tmp_path, "imagnet")
