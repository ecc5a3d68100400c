"""What happened, in the order in which it began and ended. One process, so one clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from evals.ground.reference import Acl


@dataclass(frozen=True)
class Directory:
    """The memberships are exactly these from now on."""

    members: dict[str, frozenset[str]]


@dataclass(frozen=True)
class FolderAcl:
    folder: str
    acl: Acl


@dataclass(frozen=True)
class OwnAcl:
    """A document that is there gets an ACL of its own."""

    document: str
    acl: Acl


@dataclass(frozen=True)
class Written:
    """A document that is there is replaced by this version, in this place."""

    document: str
    folder: str | None
    acl: Acl | None
    level: str
    version: int


@dataclass(frozen=True)
class Deleted:
    document: str


Change = Directory | FolderAcl | OwnAcl | Written | Deleted


@dataclass
class Operation:
    """`acknowledged` is the revision that the product answered, where it answers one. An operation
    whose connection was ended has no `ended`: nobody knows, until `revision`, which its transaction
    wrote down with the rest, says that it took place and where."""

    number: int
    change: Change
    began: int
    ended: int | None = None
    acknowledged: int | None = None
    revision: int | None = None


@dataclass(frozen=True)
class Read:
    """`seen` are the texts that were shown, each `NAME vVERSION PIECE/PIECES …`; `names` the
    documents that the re-check let pass. `exact`: all that may be read had to be there too."""

    way: str
    subject: str
    demanded: int | None
    revision: int
    began: int
    ended: int
    exact: bool
    on_replica: bool
    during_change: bool
    seen: tuple[str, ...] = ()
    names: frozenset[str] | None = None


@dataclass
class History:
    operations: list[Operation] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    unanswered: int = 0
    never: frozenset[tuple[str, str]] = frozenset()
    _clock: count[int] = field(default_factory=lambda: count(1))
    _open: int = 0
    _last_end: int = 0

    def now(self) -> int:
        return next(self._clock)

    def begin(self, change: Change) -> Operation:
        operation = Operation(len(self.operations), change, self.now())
        self.operations.append(operation)
        self._open += 1
        return operation

    def leave(self, operation: Operation, *, acknowledged: bool) -> None:
        self._open -= 1
        self._last_end = self.now()
        operation.ended = self._last_end if acknowledged else None

    def changed_since(self, began: int) -> bool:
        """Whether an operation was under way at some time since then."""
        return self._open > 0 or self._last_end > began

    @property
    def interleavings(self) -> int:
        return sum(read.during_change for read in self.reads)
