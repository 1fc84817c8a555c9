"""A web server for each test of downloads."""

from collections.abc import Iterator

import pytest

from tests.made.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    local = Server()
    yield local
    local.close()
