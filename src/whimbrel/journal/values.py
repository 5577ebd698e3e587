"""Values of a driver as JSON that keeps their types. Nothing that is read is ever executed or unpickled."""

from __future__ import annotations

import base64
import datetime
import json
import math
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any


class Unstorable(ValueError):
    """A value of a type that is not known here."""


def to_text(value: Any) -> str:
    """Return a value as JSON text.

    Raises:
        Unstorable: It, or a part of it, is of a type that is not known here.
    """
    return json.dumps(_encoded(value), ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Any:
    """Return the value that `to_text` was given."""
    return _decoded(json.loads(text))


def _encoded(value: Any) -> Any:
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return [type(value).__name__, [_encoded(one) for one in value]]
    if isinstance(value, Mapping):
        return ["dict", [[_encoded(key), _encoded(one)] for key, one in value.items()]]
    for name, (kind, encode, _) in _TYPES.items():
        if type(value) is kind:
            return [name, encode(value)]
    raise Unstorable(f"a value of type {type(value).__module__}.{type(value).__qualname__}")


def _decoded(stored: Any) -> Any:
    if not isinstance(stored, list):
        return stored
    name, content = stored
    if name in ("list", "tuple"):
        items = [_decoded(one) for one in content]
        return items if name == "list" else tuple(items)
    if name == "dict":
        return {_decoded(key): _decoded(one) for key, one in content}
    return _TYPES[name][2](content)


def _base64(value: Any) -> str:
    return base64.b64encode(bytes(value)).decode()


def _iso(value: Any) -> str:
    text: str = value.isoformat()
    return text


def _parts(value: datetime.timedelta) -> list[int]:
    return [value.days, value.seconds, value.microseconds]


_TYPES: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "float": (float, repr, float),
    "bytes": (bytes, _base64, base64.b64decode),
    "bytearray": (bytearray, _base64, base64.b64decode),
    "memoryview": (memoryview, _base64, base64.b64decode),
    "decimal": (Decimal, str, Decimal),
    "datetime": (datetime.datetime, _iso, datetime.datetime.fromisoformat),
    "date": (datetime.date, _iso, datetime.date.fromisoformat),
    "time": (datetime.time, _iso, datetime.time.fromisoformat),
    "timedelta": (datetime.timedelta, _parts, lambda parts: datetime.timedelta(*parts)),
    "uuid": (uuid.UUID, str, uuid.UUID),
}
