"""Faults of ingestion: what policy replaces, and where it stays all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from sqlalchemy import text

from app.domain.document import Chunk, Classified, Entity, Rendition
from evals.mutants.mutant import Mutant
from evals.mutants.program import Replaced, Together
from ingestion import redact as redaction
from ingestion.chunk import chunk, embedded_text
from ingestion.pool import PreparationPool
from ingestion.prepare import Prepared, Rules, prepare
from ingestion.redact import Pseudonyms, RedactionRules, redact
from ingestion.work import Work

_KEPT_ITEM = text("""
update intake set state = :state, content = null, finished_at = now()
 where id = :id and state = 'waiting'
""")
_said: dict[str, str] = {}
"""By the text that is stored of a chunk, what it said before redaction."""


@cache
def _rules(policies: Path) -> Rules:
    return Rules.load(policies)


async def _here(pool: PreparationPool, work: Work) -> Prepared:
    """In this process, where the fault is: a process of the pool would not have it."""
    return await asyncio.to_thread(prepare, _rules(pool.policies), work.item, work.stated)


def _no_types(entities: Iterable[Entity], types: frozenset[str]) -> list[Entity]:
    return []


def _no_cards(entities: Iterable[Entity], types: frozenset[str]) -> list[Entity]:
    return _each_by_itself(entities, types - {"CREDIT_CARD", "PHONE_NUMBER"})


def _each_by_itself(entities: Iterable[Entity], types: frozenset[str]) -> list[Entity]:
    return sorted((e for e in entities if e.type in types), key=lambda e: (e.start, -e.end))


_in_full = redaction._replace


def _one_short(piece: str, start: int, entities: list[Entity], pseudonyms: Pseudonyms) -> str:
    cut = [replace(e, end=e.end - 1) for e in entities]
    return _in_full(piece, start, cut, pseudonyms)


def _title_stays(classified: Classified, rules: RedactionRules) -> Rendition:
    return replace(redact(classified, rules), title=classified.parsed.title)


def _after_embedding(classified: Classified, rules: RedactionRules) -> Rendition:
    """Redacted; what the text was is remembered for `_embedded`."""
    made = redact(classified, rules)
    raw = replace(made, title=classified.parsed.title, elements=classified.parsed.elements)
    for before, after in zip(chunk(raw), chunk(made), strict=False):
        _said[after.text] = before.text
    return made


def _embedded(title: str, piece: Chunk) -> str:
    return embedded_text(title, replace(piece, text=_said.get(piece.text, piece.text)))


def _ingestion(name: str, *parts: Replaced) -> Mutant:
    here = Replaced("ingestion.pool.PreparationPool.prepare", _here)
    return Mutant(name, "pii", Together((here, *parts)))


DOCUMENTS = [
    _ingestion("nothing is redacted", Replaced("ingestion.redact._wanted", _no_types)),
    _ingestion("cards and telephone numbers stay", Replaced("ingestion.redact._wanted", _no_cards)),
    _ingestion("the last character of a value stays",
               Replaced("ingestion.redact._replace", _one_short)),
    _ingestion("the title is not redacted", Replaced("ingestion.prepare.redact", _title_stays)),
    _ingestion("redaction after embedding",
               Replaced("ingestion.prepare.redact", _after_embedding),
               Replaced("ingestion.pipeline.embedded_text", _embedded)),
    Mutant("the job keeps what an item said", "pii",
           Replaced("ingestion.index._END_INTAKE", _KEPT_ITEM)),
]  # fmt: skip
