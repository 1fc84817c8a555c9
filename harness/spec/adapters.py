"""What checks values of a type, made once for each way to write the type."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter


def adapter_of(annotation: Any) -> TypeAdapter[Any]:
    """Returns what checks values of a type strictly."""
    if id(annotation) not in _adapters:
        adapter = _adapter_of_text(str(annotation), _Uncompared(annotation))
        _adapters[id(annotation)] = (annotation, adapter)
    return _adapters[id(annotation)][1]


# By the id of a type, for its text takes long to write; with the type, lest its id be given again.
_adapters: dict[int, tuple[Any, TypeAdapter[Any]]] = {}


@dataclass(frozen=True)
class _Uncompared:
    """A type that is told from others by its text: Literal["a", "b"] equals Literal["b", "a"]."""

    annotation: Any = field(compare=False)


@cache
def _adapter_of_text(text: str, inner: _Uncompared) -> TypeAdapter[Any]:
    return TypeAdapter(inner.annotation, config=ConfigDict(strict=True))
