"""What checks values of a type, made once for each way to write the type."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter


def adapter_of(annotation: Any) -> TypeAdapter[Any]:
    """Returns what checks values of a type strictly."""
    return _adapter_of_text(str(annotation), _Uncompared(annotation))


@dataclass(frozen=True)
class _Uncompared:
    """A type that is told from others by its text: Literal["a", "b"] equals Literal["b", "a"]."""

    annotation: Any = field(compare=False)


@cache
def _adapter_of_text(text: str, inner: _Uncompared) -> TypeAdapter[Any]:
    return TypeAdapter(inner.annotation, config=ConfigDict(strict=True))
