"""Content keys: short hashes of plain values, and of settings whose components stand for themselves
by their keys.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

# Made once: a plan hashes 100,000 times.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def digest(value: Any) -> str:
    """A short hash of a plain value; the order of keys does not matter."""
    return _short_hash(_encode(value))


def hash_of(fields: Iterable[tuple[str, Any]]) -> str:
    """The key of named settings from the keys of their components; one join, for a plan asks
    100,000 times.
    """
    texts = [f"{name}={key_text(value)}" for name, value in fields]
    return _short_hash(";".join(texts))


def _short_hash(text: str) -> str:
    long_hash = hashlib.sha256(text.encode())
    return long_hash.hexdigest()[:20]


def key_text(value: Any) -> str:
    """A setting as the key of a fit or a trial takes it up: components and fits by their keys."""
    if isinstance(value, list):
        texts = [key_text(item) for item in value]
        return f"[{','.join(texts)}]"
    key = getattr(value, "key", None)
    if key is None:
        return repr(value)
    return str(key)


def with_keys(value: Any) -> Any:
    """A value with its components and fits replaced by their keys."""
    if isinstance(value, list):
        return [with_keys(item) for item in value]
    return getattr(value, "key", value)
