"""Addresses of servers: no password is shown, and nonsense is one sentence, soon."""

import socket
import sys
import time

import pytest

from harness.record.address import check_address
from harness.record.passwords import shown_uri, without_passwords
from harness.record.patience import Unreachable, patiently
from harness.record.tracker import Tracker
from harness.store import Home


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://ann:secret@db.org/runs", "postgresql://ann:***@db.org/runs"),
        ("postgresql+psycopg2://ann:se@cr/et@db/x", "postgresql+psycopg2://ann:***@db/x"),
        ("postgresql://:secret@db/x", "postgresql://:***@db/x"),
        ("https://token@tracking.org", "https://***@tracking.org"),
        ("http://h/x?user=a&password=secret&b=1", "http://h/x?user=a&password=***&b=1"),
        ("postgresql://ann@db/x", "postgresql://ann@db/x"),
        ("sqlite:////home/ann/mlflow.db", "sqlite:////home/ann/mlflow.db"),
    ],
)
def test_a_password_is_not_shown(address: str, expected: str) -> None:
    assert shown_uri(address) == expected
    assert without_passwords(f"cannot open {address} now") == f"cannot open {expected} now"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("htp://x", "no server is addressed by htp"),
        ("./mlruns", "is a path or a word"),
        ("/tmp", "is a path or a word"),
        ("file:///tmp", "is a path or a word"),
        ("databricks", "does not record on Databricks"),
        ("http://", "names no host"),
        ("http://127.0.0.1:port", "is no address"),
        ("postgresql+nothing://127.0.0.1/x", "knows no such driver"),
        ("http://127.0.0.1:9", "does not answer"),
        ("postgresql+psycopg2://ann:secret@127.0.0.1:9/x", "does not answer"),
    ],
)
def test_nonsense_is_a_sentence_at_once(home: Home, address: str, expected: str) -> None:
    began = time.monotonic()
    with pytest.raises((ValueError, OSError), match=expected) as caught:
        Tracker(address, home).prepare()
    assert time.monotonic() - began < 5
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_missing_driver_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(ValueError, match="pip install psycopg2-binary") as caught:
        check_address("postgresql+psycopg2://ann:secret@127.0.0.1:9/missing")
    assert "secret" not in str(caught.value)


def test_a_server_that_answers_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_address(f"http://127.0.0.1:{server.getsockname()[1]}")


def test_an_error_of_a_library_shows_no_password() -> None:
    def fail() -> None:
        raise KeyError("postgresql://ann:secret@db/x is wrong")

    with pytest.raises(ValueError, match=r"ann:\*\*\*@db"):
        patiently(fail)


def test_a_database_that_is_away_is_told_apart_from_a_mistake() -> None:
    def lose_connection() -> None:
        raise RuntimeError("(psycopg2.OperationalError) connection to server at ... failed")

    with pytest.raises(Unreachable, match="records later"):
        patiently(lose_connection)
