"""The Atlassian document format, in which the cloud keeps texts of issues, as HTML.

What it says, and not what it would show: a card of another issue is an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

_DEPTH = 100
_ELEMENTS = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "taskList": "ul",
    "taskItem": "li",
    "decisionList": "ul",
    "decisionItem": "li",
    "blockquote": "blockquote",
    "codeBlock": "pre",
    "table": "table",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
}
_SAID = {
    "mention": "text",
    "emoji": "text",
    "status": "text",
    "inlineCard": "url",
    "blockCard": "url",
    "embedCard": "url",
}


def as_html(said: Any) -> str:
    """Empty for no document. Raises what reading a strange answer raises."""
    return "" if said is None else _node(said, 0)


def _node(said: Mapping[str, Any], depth: int) -> str:
    if depth > _DEPTH:
        raise ValueError
    kind, about = said["type"], said.get("attrs") or {}
    if kind == "text":
        return escape(said["text"])
    if kind == "hardBreak":
        return "<br>"
    if kind in _SAID:
        return escape(str(about.get(_SAID[kind]) or ""))
    if kind == "date":
        return _day(about["timestamp"])
    inside = "".join(_node(child, depth + 1) for child in said.get("content") or ())
    if kind == "heading":
        level = min(max(int(about["level"]), 1), 6)
        return f"<h{level}>{inside}</h{level}>"
    if kind in ("expand", "nestedExpand") and about.get("title"):
        inside = f"<p>{escape(about['title'])}</p>{inside}"
    element = _ELEMENTS.get(kind, "div")
    return f"<{element}>{inside}</{element}>" if inside else ""


def _day(timestamp: str) -> str:
    """It is in milliseconds."""
    return datetime.fromtimestamp(int(timestamp) / 1000, UTC).date().isoformat()
