"""Whether a value that redaction replaces is anywhere in the database after ingestion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import psycopg
from psycopg import sql

from app.authz.directory import Person
from app.domain.acl import Acl
from app.domain.document import Chunk
from app.domain.source import PushedDocument
from evals.ground.company import Company
from evals.ground.ground import Ground
from evals.ground.platform import platform
from evals.suites.pii.redactors import LEVEL, Finder
from ingestion.chunk import embedded_text

NO_ENGINE = "http://127.0.0.1:9/v1"
NEAR = 0.999
"""The cosine of two vectors of one text, one of them kept in halves."""
_TABLES = """
select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
   and c.relkind in ('r', 'p', 'm')
"""
_ROWS = sql.SQL("select x::text from {} x")
_CHUNKS = sql.SQL("""
select d.external_id, r.title, c.heading, c.text, c.embedding::text,
       c.terms = setweight(to_tsvector('english', r.title), 'A')
              || setweight(to_tsvector('english', c.heading), 'B')
              || to_tsvector('english', c.text)
  from {} c join {} r on r.id = c.rendition_id join document d on d.id = c.document_id
""")


@dataclass(frozen=True, slots=True)
class Looked:
    """`left` names, for each value that is still there, a place where it is."""

    documents: int
    values: int
    left: Sequence[str] = field(default=())


async def left_in_store(ground: Ground, texts: Sequence[str], find: Finder) -> Looked:
    """Ingest the texts, each with its first value in a heading too, and look through every table.

    A value that is in no row, in words that are those of the redacted text, with a vector that is
    the redacted text's, is nowhere.
    """
    name = "pii"
    company = Company((Person("reader@evaluated.example", "R"),), (),
                      {"hall": Acl.parse(["everyone"])}, ())  # fmt: skip
    values: dict[str, list[str]] = {}
    documents = []
    for n, text in enumerate(texts):
        found = [text[first:last] for _, (first, last) in find(text)]
        if not found:
            continue
        key = f"text-{n}"
        values[key] = found
        body = f"# About {found[0]}\n\n{text}\n"
        documents.append(
            PushedDocument(key, f"Note on {found[0]}", body.encode(), "text/markdown",
                           container="hall", acl=company.folders["hall"], classification=LEVEL)
        )  # fmt: skip
    async with platform(ground, name, company, NO_ENGINE) as made:
        await made.index(documents)
        with ground.scratch.whole(name) as connection:
            left = [
                *_in_rows(connection, {v for of in values.values() for v in of}),
                *_in_search(ground, connection),
            ]
    ground.scratch.drop(name)
    return Looked(len(documents), sum(map(len, values.values())), left)


def _in_rows(connection: psycopg.Connection, values: set[str]) -> list[str]:
    """One place for each value that stands in some row, as it is or as bytes."""
    left: dict[str, str] = {}
    forms = {form: value for value in values for form in (value, value.encode().hex())}
    for (table,) in connection.execute(_TABLES).fetchall():
        rows = connection.execute(_ROWS.format(sql.Identifier(table))).fetchall()
        whole = "\n".join(row[0] for row in rows)
        for form, value in forms.items():
            if form in whole:
                left.setdefault(value, f"{value!r} in table {table}")
    return list(left.values())


def _in_search(ground: Ground, connection: psycopg.Connection) -> list[str]:
    """The chunks whose search words or vector are not those of the text that is stored."""
    left: list[str] = []
    for level in ground.scratch.levels:
        rows = connection.execute(
            _CHUNKS.format(sql.Identifier(f"chunk_{level}"), sql.Identifier(f"rendition_{level}"))
        ).fetchall()
        said = [embedded_text(row[1], Chunk(0, row[2], None, row[3])) for row in rows]
        for row, vector in zip(rows, ground.embedder.embed(said), strict=True):
            kept = np.array(row[4].strip("[]").split(","), np.float32)
            if float(kept @ np.asarray(vector, np.float32)) < NEAR * float(np.linalg.norm(kept)):
                left.append(f"the vector of {row[0]}")
            if not row[5]:
                left.append(f"the search words of {row[0]}")
    return left
