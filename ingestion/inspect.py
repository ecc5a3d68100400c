"""What ingestion would make of a file, for people to look at: nothing is indexed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.document import Element, Entity, Rendition, SourceItem
from ingestion import formats
from ingestion.classify import Stated
from ingestion.parse.wording import decoded
from ingestion.prepare import Rules, Stopwatch, render


@dataclass(frozen=True, slots=True)
class Inspected:
    """`entities` count in the file's text where it is plain text, elsewhere in the parsed one: the
    elements' with a blank line between two. `title` and `redacted` are as they would be indexed,
    `redactions` says how many values were replaced, by type. `lower` has the text of renditions
    that are redacted for a lower classification."""

    title: str
    elements: tuple[Element, ...]
    classification: str
    evidence: tuple[str, ...]
    entities: tuple[Entity, ...]
    redacted: str
    redactions: Mapping[str, int]
    lower: Mapping[str, str] = field(default_factory=dict)


def inspect(rules: Rules, item: SourceItem, stated: Stated) -> Inspected:
    """Raises DocumentProblem."""
    classified, rendition, lower = render(rules, item, stated, Stopwatch())
    entities = classified.entities
    if formats.mime_type(item.external_id, item.mime_type) == formats.TEXT:
        entities = rules.detector.detect(decoded(item.content))
    return Inspected(
        title=rendition.title,
        elements=classified.parsed.elements,
        classification=classified.classification,
        evidence=classified.evidence,
        entities=entities,
        redacted=_text(rendition),
        redactions=rendition.redactions,
        lower={one.classification: _text(one) for one in lower},
    )


def _text(rendition: Rendition) -> str:
    return "\n\n".join(element.text for element in rendition.elements)
