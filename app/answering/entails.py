"""Whether a sentence says no more than another, in whichever words and order.

Each relation between two words of the one has to be a relation between the same two words of the
other, as in dependency arc entailment (Goyal and Durrett, Findings of EMNLP 2020), only that here
nothing is learned: words are the same by stem or by a short list. And what the other limits, it
limits too: an argument, a modifier or a condition is left out only where the question has it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from app.answering.graph import Edge, Relations
from app.answering.words import stem

_ALIKE = (
    "end expire terminate finish conclude", "deliver supply provide", "cost price",
    "begin start commence", "buy purchase", "get receive obtain", "need require",
    "approve authorise authorize", "ask request", "allow permit", "help assist",
    "last take", "employee staff", "holiday vacation", "company firm", "reimburse repay refund",
    "euro EUR €", "dollar USD $", "percent %",
)  # fmt: skip
_GROUP = {stem(word): group.split()[0] for group in _ALIKE for word in group.split()}
_PRONOUNS = frozenset("it they this that these those".split())
_VAGUE: Mapping[str, frozenset[str]] = {
    "whose": frozenset({"whose", "of", "prep for", "kind"}),
    "of": frozenset({"of", "whose"}),
    "kind": frozenset({"kind", "of", "prep for", "prep in", "prep at"}),
    "recipient": frozenset({"recipient", "prep to"}),
    "prep to": frozenset({"recipient", "prep to"}),
}
"""A possessive says less than a preposition, and may stand for several of them."""
_TURNED = frozenset({"is", "and", "along", "or"})
"""Relations that hold both ways."""
_MOVES = frozenset({"when", "per", "advmod"})
_SPARE = frozenset({"and", "appos", "meta", "aside", "advcl because"})
"""What may be left out: it says something besides."""
_SHARED = frozenset({"and", "subject", "is", "whose"})
"""What a clause that is left out has with one that is told."""
_STATES = frozenset({"subject", "object", "is", "whose"})
"""A sentence has one of these: "the effectiveness of the rule" says nothing."""


def entails(evidence: Relations, said: Relations, asked: set[str]) -> bool:
    """Whether `evidence` says all that `said` says; `asked` are the stems of the question."""
    if not said.words or not evidence.words:
        return False
    order = _order(said)
    if len(order) < len(said.words):
        return False  # parts that hang together by nothing cannot be compared
    if not any(edge.label in _STATES for edge in said.edges):
        return False
    return any(
        _whole(evidence, found, asked) and _in_order(said, found)
        for found in _maps(evidence, said, order, {}, asked)
    )


def _order(told: Relations) -> list[int]:
    """The words, each after the first related to one before it."""
    order = [told.top if told.top in told.words else min(told.words)]
    for at in order:
        for edge in told.edges:
            for one, other in ((edge.head, edge.tail), (edge.tail, edge.head)):
                if one == at and other not in order:
                    order.append(other)
    return order


def _maps(
    evidence: Relations, said: Relations, order: list[int], found: dict[int, int], asked: set[str]
) -> Iterator[dict[int, int]]:
    """The ways to find the words of the one in the other with all their relations."""
    if len(found) == len(order):
        yield dict(found)
        return
    at = order[len(found)]
    for place in evidence.words:
        if place in found.values() or not _same(evidence, place, said, at, asked):
            continue
        found[at] = place
        if all(
            _holds(evidence, edge, found)
            for edge in said.edges
            if at in (edge.head, edge.tail) and edge.head in found and edge.tail in found
        ):
            yield from _maps(evidence, said, order, found, asked)
        del found[at]


def _same(evidence: Relations, place: int, said: Relations, at: int, asked: set[str]) -> bool:
    if evidence.flags[place] != said.flags[at]:
        return False
    mine, theirs = said.words[at], evidence.words[place]
    if _GROUP.get(mine, mine) == _GROUP.get(theirs, theirs):
        return True
    bare = not any(edge.head == at for edge in said.edges if edge.label not in _TURNED)
    return mine in _PRONOUNS and bare and _below(evidence, place) <= asked


def _holds(evidence: Relations, edge: Edge, found: dict[int, int]) -> bool:
    head, tail = found[edge.head], found[edge.tail]
    labels = _VAGUE.get(edge.label, frozenset({edge.label}))
    for other in evidence.edges:
        if other.label not in labels or other.flags != edge.flags:
            continue
        if (other.head, other.tail) == (head, tail):
            return True
        if edge.label in _TURNED and (other.tail, other.head) == (head, tail):
            return True
        # parsers differ on whether "a week" belongs to the verb or to its object
        floats = _moves(edge.label) and _alone(evidence, other)
        if floats and other.tail == tail and head in _near(evidence, other.head):
            return True
    return False


def _moves(label: str) -> bool:
    return label in _MOVES or label.startswith("prep ")


def _alone(evidence: Relations, edge: Edge) -> bool:
    return sum(other.label == edge.label for other in evidence.edges) == 1


def _near(evidence: Relations, place: int) -> set[int]:
    """What a phrase with a preposition may as well belong to: of a verb its object and what that
    is of, of an "is" both sides, and the other way."""
    near, waiting = {place}, [place]
    while waiting:
        at = waiting.pop()
        for edge in evidence.edges:
            if edge.label in ("object", "is", "of") and at in (edge.head, edge.tail):
                for other in {edge.head, edge.tail} - near:
                    near.add(other)
                    waiting.append(other)
    return near


def _whole(evidence: Relations, found: dict[int, int], asked: set[str]) -> bool:
    """Whether nothing that limits the words found is left out, and they stand by themselves."""
    kept, clauses = set(found.values()), _clauses(evidence)
    if not kept & clauses or not set(evidence.words) <= kept.union(_order(evidence)):
        return False
    for edge in evidence.edges:
        below = edge.head in kept and edge.tail not in kept and edge.label not in _SPARE
        if below and not _below(evidence, edge.tail) <= asked:
            return False
        above = edge.tail in kept and edge.head not in kept
        if above and not (edge.head in clauses and edge.label in _SHARED):
            return False
    return True


def _clauses(evidence: Relations) -> set[int]:
    """The main verb, and those that "and" puts beside it."""
    clauses = [evidence.top]
    for at in clauses:
        clauses += [edge.tail for edge in evidence.edges if edge.head == at and edge.label == "and"]
    return set(clauses)


def _in_order(said: Relations, found: dict[int, int]) -> bool:
    """Whether the modifiers of a noun keep their order: a customer training engineer is no
    training customer engineer."""
    kinds = sorted((edge.head, edge.tail) for edge in said.edges if edge.label == "kind")
    return all(
        found[one] < found[other]
        for (head, one), (same, other) in itertools.pairwise(kinds)
        if head == same
    )


def _below(evidence: Relations, place: int) -> set[str]:
    """The words of a phrase."""
    seen, waiting = {place}, [place]
    while waiting:
        at = waiting.pop()
        fresh = {
            edge.tail
            for edge in evidence.edges
            if edge.head == at and edge.label not in _TURNED and edge.tail not in seen
        }
        seen |= fresh
        waiting += fresh
    return {evidence.words[at] for at in seen}
