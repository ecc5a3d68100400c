"""The format in which Confluence stores a page, as HTML.

Not what it shows: there it puts what other pages say, as the token's owner may read them.
"""

from __future__ import annotations

from html import escape


def as_html(title: str, stored: str) -> bytes:
    """Text blocks of macros become text; parameters of macros are none."""
    body = _without_parameters(_with_text_blocks(stored))
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    html = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    return html.encode("utf-8", "replace")


def _with_text_blocks(stored: str) -> str:
    first, *others = stored.split("<![CDATA[")
    parts = [first]
    for other in others:
        block, _, rest = other.partition("]]>")
        parts += ["<pre>", escape(block), "</pre>", rest]
    return "".join(parts)


def _without_parameters(stored: str) -> str:
    first, *others = stored.split("<ac:parameter")
    parts = [first]
    for other in others:
        tag, _, rest = other.partition(">")
        parts.append(rest if tag.endswith("/") else rest.partition("</ac:parameter>")[2])
    return "".join(parts)
