"""A mutant: the product with one fault, and the suite that has to notice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from evals.bench.scratch import Scratch
from evals.mutants.planting import Change, Fault, Faults
from evals.mutants.program import Replaced, Together

NOTHING = Together(())


@dataclass(frozen=True)
class Mutant:
    """`name` says what is wrong, `suite` whose bars it must miss. `least` is the smallest part of
    what the suite samples for a change in which it can be told from chance. Where two guards stand,
    `beside` takes the second away."""

    name: str
    suite: str
    fault: Fault | Change | Replaced | Together
    least: float = 0
    beside: Together = NOTHING


@contextmanager
def mutated(mutant: Mutant, scratch: Scratch) -> Iterator[Scratch]:
    """The server of a run with the fault: in the program while this lasts, or in every database
    that is made on it, as soon as its schema is there."""
    with mutant.beside.planted():
        if isinstance(mutant.fault, Replaced | Together):
            with mutant.fault.planted():
                yield scratch
            return
        broken = Broken(
            scratch.root, scratch.server, scratch.secret, scratch.levels, mutant.fault, {}
        )
        try:
            yield broken
        finally:
            broken.mend()


@dataclass(frozen=True)
class Broken(Scratch):
    """A server whose new databases have a fault. `undoes` holds what mends each of them."""

    fault: Fault | Change
    undoes: dict[str, str]

    def make(self, name: str) -> str:
        url = super().make(name)
        self.undoes[name] = Faults(url, self.server).plant(self.fault)
        return url

    def drop(self, name: str) -> None:
        self._mend(name)
        super().drop(name)

    def mend(self) -> None:
        """Roles belong to the server, not to a database: what was done to them is undone."""
        for name in list(self.undoes):
            self._mend(name)

    def _mend(self, name: str) -> None:
        if undo := self.undoes.pop(name, None):
            Faults(self.url(name), self.server).run(undo, self.fault.by_superuser)
