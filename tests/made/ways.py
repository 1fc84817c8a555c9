"""The two ways in which processes hold something alone, as a fixture."""

import pytest

from harness.store.leases import PATIENCE
from harness.store.locks import WAY


@pytest.fixture(params=["lock", "lease"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """By the kernel's lock, and by the lease that stands for it, which holds for three seconds."""
    monkeypatch.setenv(WAY, request.param)
    monkeypatch.setenv(PATIENCE, "3")
    return str(request.param)
