"""One way to write a manifest, so that the same content has the same bytes on any machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(content: Any) -> bytes:
    """JSON after RFC 8785 for content without floats: keys in the order of their UTF-16 code
    units, no blanks, only what must be escaped is.

    Raises TypeError on a float, whose digits differ between writers, and on a key that is no text.
    """
    return json.dumps(
        _ordered(content), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def digest(content: Any) -> str:
    """The SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(content)).hexdigest()


def _ordered(content: Any) -> Any:
    match content:
        case dict():
            if not all(isinstance(key, str) for key in content):
                raise TypeError("the keys of a manifest are text")
            ordered = sorted(content, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
            return {key: _ordered(content[key]) for key in ordered}
        case list() | tuple():
            return [_ordered(one) for one in content]
        case str() | bool() | int() | None:
            return content
    raise TypeError(f"a manifest has no {type(content).__name__}; write it in words")
