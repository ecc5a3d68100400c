"""How messages look on a page: the same words that the command and the API say, as sentences."""

from __future__ import annotations

import re
from typing import Any

from litestar.plugins.jinja import JinjaTemplateEngine
from markupsafe import Markup, escape

from app.catalog.progress import progress

_CODED = re.compile("`([^`]+)`")


def sentence(words: str) -> str:
    """With a capital and a full stop; what begins with a name in quotes or code keeps it."""
    words = words.strip()
    ending = "" if not words or words[-1] in ".!?" else "."
    return words[:1].upper() + words[1:] + ending


def coded(words: str) -> Markup:
    """Escaped, and what stands between backticks as code."""
    return Markup(_CODED.sub(r"<code>\1</code>", str(escape(words))))  # noqa: S704


def add_filters(engine: JinjaTemplateEngine) -> None:
    filters: dict[str, Any] = engine.engine.filters
    filters.update(sentence=sentence, coded=coded, progress=progress)
