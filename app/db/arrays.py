"""Arrays of numpy as parameters of statements, in the form in which Postgres takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format


@dataclass(frozen=True, slots=True, eq=False)
class Integers:
    """`integer[]`: int32, shape (n,)."""

    rows: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Reals:
    """`real[]`, what a vector can be made of: float32, shape (n,)."""

    rows: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Ids:
    """`uuid[]`: 16 bytes each, shape (n,), dtype V16."""

    rows: NDArray[np.void]

    @classmethod
    def of(cls, ids: list[UUID]) -> Ids:
        return cls(np.frombuffer(b"".join(id_.bytes for id_ in ids), "V16"))

    def __add__(self, other: Ids) -> Ids:
        return Ids(np.concatenate([self.rows, other.rows]))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[UUID]:
        return (UUID(bytes=row.tobytes()) for row in self.rows)


class _Dumper(Dumper):
    """The number of dimensions, no nulls, the elements' type, length and first index; then each
    element after its size in bytes (PostgreSQL, `array_recv`)."""

    format = Format.BINARY
    of: int
    sent: str

    def dump(self, obj: Integers | Reals | Ids) -> bytes:
        head = np.array([1, 0, self.of, len(obj.rows), 1], ">i4")
        body = np.empty(len(obj.rows), [("size", ">i4"), ("value", self.sent)])
        body["size"], body["value"] = body.dtype["value"].itemsize, obj.rows
        return head.tobytes() + body.tobytes()


class _IntegersDumper(_Dumper):
    of, oid, sent = 23, 1007, ">i4"  # numbers of types: pg_type


class _RealsDumper(_Dumper):
    of, oid, sent = 700, 1021, ">f4"


class _IdsDumper(_Dumper):
    of, oid, sent = 2950, 2951, "V16"


psycopg.adapters.register_dumper(Integers, _IntegersDumper)
psycopg.adapters.register_dumper(Reals, _RealsDumper)
psycopg.adapters.register_dumper(Ids, _IdsDumper)
