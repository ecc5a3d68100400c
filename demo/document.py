"""A document of the corpus as it is written: front matter and Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

CORPUS = Path(__file__).resolve().parent / "corpus"
SIDECAR = "_acl.yaml"
_MARKDOWN = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Written:
    """One text of the corpus. `path` is relative to the corpus, without the suffix."""

    path: Path
    format: str
    title: str
    fields: dict[str, Any]
    body: str

    @property
    def target(self) -> Path:
        """Where the rendered file lies below the built tree."""
        return self.path.with_name(f"{self.path.name}.{self.format}")

    @property
    def html(self) -> str:
        return str(_MARKDOWN.render(self.body))

    def blocks(self) -> Iterator[Block]:
        """Headings, paragraphs, list items and tables in order."""
        yield from _blocks(_MARKDOWN.parse(self.body))


@dataclass(frozen=True)
class Block:
    """`kind` is heading, paragraph, item or table; a table has `rows` and no text."""

    kind: str
    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


def corpus(folder: Path = CORPUS) -> list[Written]:
    """Every document of the corpus, by path. Raises ValueError naming one that is not right."""
    return [_read(path, folder) for path in sorted(folder.rglob("*.md"))]


def _read(path: Path, folder: Path) -> Written:
    text = path.read_text(encoding="utf-8")
    try:
        _, front, body = text.split("---\n", 2)
        fields = yaml.safe_load(front)
        return Written(
            path.relative_to(folder).with_suffix(""),
            fields.pop("format"),
            fields.pop("title"),
            fields,
            body.strip() + "\n",
        )
    except (ValueError, KeyError, AttributeError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: front matter with format and title is needed") from error


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    kinds: list[str] = []
    level = 0
    rows: list[tuple[str, ...]] = []
    cells: list[str] = []
    for token in tokens:
        match token.type:
            case "heading_open":
                kinds.append("heading")
                level = int(token.tag[1])
            case "list_item_open":
                kinds.append("item")
            case "table_open":
                kinds.append("table")
                rows = []
            case "table_close":
                kinds.pop()
                yield Block("table", rows=tuple(rows))
            case "heading_close" | "list_item_close":
                kinds.pop()
            case "tr_open":
                cells = []
            case "tr_close":
                rows.append(tuple(cells))
            case "inline" if kinds and kinds[-1] == "table":
                cells.append(_plain(token))
            case "inline":
                kind = kinds[-1] if kinds else "paragraph"
                yield Block(kind, _plain(token), level if kind == "heading" else 0)


def _plain(token: Token) -> str:
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in token.children or []
    )
