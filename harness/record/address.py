"""Addresses of tracking servers: checked before MLflow tries them."""

import socket
from functools import cache
from urllib.parse import urlsplit

from harness.record.passwords import shown_uri, without_passwords
from harness.record.patience import Unreachable

SECONDS_TO_ANSWER = 3.0
PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
DATABASES = ("postgresql", "mysql", "mssql")
PACKAGES = {"psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}  # module -> what pip calls it

REMEDY = "say sqlite:///FILE, postgresql://USER@HOST/NAME or http://HOST:PORT of an `mlflow server`"


def scheme_of(uri: str) -> str:
    """The kind of server of an address: postgresql of `postgresql+psycopg2://...`."""
    scheme, separator, _ = uri.partition("://")
    if not separator:
        return ""
    return scheme.partition("+")[0].lower()


@cache
def check_address(uri: str) -> None:
    """Refuses an address that cannot be one in a sentence, and one that does not answer.

    MLflow itself would try some of them for minutes in silence.
    """
    address = shown_uri(uri)
    scheme = scheme_of(uri)
    if scheme == "sqlite":
        return
    if uri.startswith("databricks"):
        raise ValueError(f"{address}: harness does not record on Databricks; {REMEDY}")
    if scheme in ("", "file"):
        raise ValueError(
            f"{address} is a path or a word, and MLflow keeps no runs in folders any more; {REMEDY}"
        )
    if scheme not in PORTS:
        raise ValueError(f"{address}: no server is addressed by {scheme}://; {REMEDY}")
    try:
        parts = urlsplit(uri)
        host = parts.hostname
        port = parts.port or PORTS[scheme]
    except ValueError as error:
        problem = without_passwords(str(error))
        raise ValueError(f"{address} is no address ({problem}); {REMEDY}") from None
    if scheme in DATABASES:
        _check_driver(uri)
    if host is not None:
        _check_answer(host, port, address)
    elif scheme not in DATABASES:
        raise ValueError(f"{address} names no host; {REMEDY}")


def _check_driver(uri: str) -> None:
    """Refuses a database whose driver is not installed."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import NoSuchModuleError

    try:
        make_url(uri).get_dialect().import_dbapi()
    except ModuleNotFoundError as error:
        package = PACKAGES.get(error.name or "", error.name)
        raise ValueError(
            f"{shown_uri(uri)} needs {error.name}, which is not installed: pip install {package}"
        ) from None
    except NoSuchModuleError:
        raise ValueError(f"{shown_uri(uri)}: SQLAlchemy knows no such driver; {REMEDY}") from None


def _check_answer(host: str, port: int, address: str) -> None:
    """Refuses a server where nobody listens."""
    try:
        socket.create_connection((host, port), SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise Unreachable(
            f"{address} does not answer ({error.strerror or error}); start the server, or unset "
            "MLFLOW_TRACKING_URI to record in mlflow.db"
        ) from None
