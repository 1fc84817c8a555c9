"""What is kept with a run shows no password, key or token, and others may read it."""

import os
import stat
from pathlib import Path

import pytest
import torch

from harness.record.passwords import without_secrets
from harness.store import Home, save_tensors
from tests.made.studies import run_study

TOKEN = "ghp_" + "a1B2" * 9
SECRETS = {
    "a key of a service": ("+KEY = load('AKIA" + "A1B2C3D4E5F6G7H8')", "+KEY = load('***')"),
    "a token": (f"+git clone https://x/{TOKEN}", "+git clone https://x/***"),
    "a token of a hub": ("+hf_" + "abcDEF123" * 4, "+***"),
    "a setting": ('+db_password = "hunter2hunter2"', '+db_password = "***"'),
    "a setting of a mapping": ("+'api_key': 'k-123456789'", "+'api_key': '***'"),
    "an address": ("+mysql://me:pass@host/db", "+mysql://me:***@host/db"),
    "a private key": (
        "+-----BEGIN RSA PRIVATE KEY-----\n+MIIE\n+-----END RSA PRIVATE KEY-----",
        "+***",
    ),
}


@pytest.mark.parametrize("case", SECRETS)
def test_secrets_become_stars(case: str) -> None:
    text, expected = SECRETS[case]
    assert without_secrets(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "-    token = tokens[0]",
        '+    secret = ""',
        "+def password_of(address: str) -> str:",
        "+@ decorator: https://example.org/a?b=c",
        "index 8be99df1c2..792a835aa0 100644",
    ],
)
def test_code_stays_as_it_is(text: str) -> None:
    assert without_secrets(text) == text


def test_the_environment_is_recorded_nowhere(
    home: Home, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "not-for-anybody-else")
    run_study(tiny, home)
    files = [path for path in home.folder.rglob("*") if path.is_file()]
    assert home.database in files
    for path in files:
        assert b"not-for-anybody-else" not in path.read_bytes(), path


def test_weights_are_readable_as_the_umask_says(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    before = os.umask(0o027)
    try:
        save_tensors(path, {"a": torch.zeros(2)})
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]
