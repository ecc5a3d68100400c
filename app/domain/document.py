"""A document on its way from a source to an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.domain.acl import Acl

ElementKind = Literal["title", "text", "list", "table", "code"]


@dataclass(frozen=True, slots=True)
class SourceItem:
    """A document as its source gives it. Everything in it is hostile input.

    `external_id` names it within the source. `container` is the external id of the folder it
    inherits its ACL from; `acl` is set when the document has one of its own. With neither,
    nobody may read it. `classification` is a floor that the source states for it.
    """

    source: str
    external_id: str
    title: str
    uri: str
    mime_type: str
    content: bytes
    container: str | None = None
    acl: Acl | None = None
    classification: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Element:
    """One block of a parsed document: `page` counts from 1 where the format has pages."""

    kind: ElementKind
    text: str
    page: int | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a person would read in a document, in reading order.

    `stripped` counts what was in the file and is not read, since nobody sees it; by kind, each
    in the unit that its name says. `remarks` are what else its owner should know of the reading.
    """

    title: str
    elements: tuple[Element, ...]
    stripped: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole text, blocks separated by a blank line; entity offsets count in it."""
        return "\n\n".join(element.text for element in self.elements)


@dataclass(frozen=True, slots=True)
class Entity:
    """A detected piece of personal data or a secret: `start` and `end` are character offsets."""

    type: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why somebody should look at a classification: without these it would be `otherwise`."""

    otherwise: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Classified:
    """A parsed document with its classification and every reason that led to it.

    `entities` count in the text, `title_entities` in the title.
    """

    parsed: Parsed
    classification: str
    evidence: tuple[str, ...]
    entities: tuple[Entity, ...]
    title_entities: tuple[Entity, ...] = ()
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Rendition:
    """A version of a document at one classification. Only `redact` makes one.

    Vectors, full-text index and stored text are all made from `title` and `elements`.
    `redactions` counts what was replaced, by entity type.
    """

    classification: str
    title: str
    elements: tuple[Element, ...]
    redactions: Mapping[str, int]
    evidence: tuple[str, ...]
    doubt: Doubt | None = None

    @property
    def redacted(self) -> bool:
        return bool(self.redactions)


@dataclass(frozen=True, slots=True)
class Chunk:
    """An indexed piece of a rendition. `heading` is the path of headings above it."""

    ordinal: int
    heading: str
    page: int | None
    text: str


@dataclass(frozen=True, slots=True)
class EmbeddedChunk:
    """A chunk with its unit-length vector (one float per dimension of the model)."""

    chunk: Chunk
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class EmbeddedRendition:
    """A rendition in embedded pieces."""

    rendition: Rendition
    chunks: tuple[EmbeddedChunk, ...]
