"""The wiki markup in which Jira Data Center keeps texts of issues, as HTML.

Not what it shows: there it puts what other issues are called, as the token's owner may read them.
Headings, paragraphs and blocks of code become that, all else stays as it is written.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

_HEADING = re.compile(r"\s*h([1-6])\.\s+(.*)")
_BLOCK = re.compile(r"\{(code|noformat)(:[^}\n]{0,200})?\}")


def as_html(said: Any) -> str:
    """Empty for no text. Raises TypeError for what is none."""
    if said is None:
        return ""
    if not isinstance(said, str):
        raise TypeError
    found, kind, at = list[str](), "", 0
    for mark in _BLOCK.finditer(said):
        # inside a block only its own end is one
        if kind and (mark[1] != kind or mark[2]):
            continue
        found.append(_part(said[at : mark.start()], bool(kind)))
        kind, at = "" if kind else mark[1], mark.end()
    return "".join([*found, _part(said[at:], bool(kind))])


def _part(said: str, block: bool) -> str:
    if not block:
        return _text(said)
    return f"<pre>{escape(said.strip())}</pre>" if said.strip() else ""


def _text(said: str) -> str:
    found, lines = list[str](), list[str]()
    for line in [*said.splitlines(), ""]:
        heading = _HEADING.fullmatch(line)
        if lines and (heading or not line.strip()):
            found.append(f"<p>{'<br>'.join(lines)}</p>")
            lines = []
        if heading:
            found.append(f"<h{heading[1]}>{escape(heading[2])}</h{heading[1]}>")
        elif line.strip():
            lines.append(escape(line))
    return "".join(found)
