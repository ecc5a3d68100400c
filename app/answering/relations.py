"""What a sentence says as relations between its words, whichever way it is put: "Bruno is paid 40
euros by Anna" and "Anna pays Bruno 40 euros" have the same ones, and "Bruno pays Anna" others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.answering.bounds import without_bounds
from app.answering.grammar import (
    BE,
    EACH,
    FILLERS,
    HOW_OFTEN,
    LASTS,
    LIGHT,
    MODALS,
    QUANTIFIERS,
    ROLES,
    TIMES,
    mark,
    money,
    told,
)
from app.answering.graph import Edge, Relations
from app.inference.parse import Word, parsed


def relations(sentence: str) -> Relations:
    """The relations of a sentence. Blocks: call it from a thread."""
    bare, bounds = without_bounds(money(sentence))
    return _Reading(parsed(bare), bounds).read()


class _Reading:
    def __init__(self, parse: Sequence[Word], bounds: Mapping[int, str]) -> None:
        self.parse = parse
        self.below: dict[int, list[int]] = {at: [] for at in range(len(parse))}
        for at, word in enumerate(parse):
            if word.head != at:
                self.below[word.head].append(at)
        self.stands: dict[int, int] = {}
        """For a verb that says nothing by itself: the word that stands for it."""
        self.flagged = {
            at: {bounds[word.start]} for at, word in enumerate(parse) if word.start in bounds
        }
        self.left: set[int] = set()
        self.out = Relations()

    def read(self) -> Relations:
        for at in range(len(self.parse)):
            self._look(at)
        for at in self.stands:
            if not any(ROLES.get(self.parse[c].role) == "subject" for c in self.below[at]):
                self.flagged.setdefault(self._place(at), set()).update(self.flagged.get(at, ()))
        for at in range(len(self.parse)):
            if not self._silent(at):
                self.out.words[at] = told(self.parse[at])
                self.out.flags[at] = self.flagged.get(at, set())
        for at in range(len(self.parse)):
            self._relate(at)
        self._share_subjects()
        self._tell_recipients()
        roots = [at for at, word in enumerate(self.parse) if word.head == at and not mark(word)]
        self.out.top = self._place(roots[0]) if roots else -1
        return self.out

    def _look(self, at: int) -> None:
        """Which verbs others stand for, and what auxiliaries add to theirs."""
        word, head = self.parse[at], self.parse[at].head
        text = word.text.lower()
        if word.role == "neg" or text in ("never", "n't", "not"):
            self.left.add(at)
            self._flag(head, "not")
        elif word.role == "aux" and text in MODALS:
            self._flag(head, MODALS[text])
        elif text in FILLERS and not self.below[at]:
            self.left.add(at)
        elif word.role in ("det", "predet", "preconj") and text in QUANTIFIERS:
            if word.role == "preconj" and text == "both":
                return
            if not (self._repeats(head) and text in ("each", "every")):
                self._flag(head, QUANTIFIERS[text])
        if (stands := self._complement(at)) is not None:
            self.stands[at] = stands

    def _complement(self, at: int) -> int | None:
        """The word that stands for a verb which only says what something is or has."""
        word, below = self.parse[at], self.below[at]
        roles = {self.parse[child].role: child for child in below}
        if word.lemma == "have" and word.role != "aux" and "dobj" in roles and "nsubj" in roles:
            return roles["dobj"]
        if word.lemma in LASTS:
            for role in ("dobj", "npadvmod"):
                if role in roles and self._time(roles[role]):
                    return roles[role]
            return None
        if word.lemma not in BE or word.role in ("aux", "auxpass"):
            return None
        if preposition := BE[word.lemma]:
            for child in below:
                if self.parse[child].text.lower() == preposition and self.below[child]:
                    return self.below[child][0]
            return None
        for role in ("attr", "acomp", "dobj"):
            if role in roles:
                return self._measured(roles[role])
        return None

    def _measured(self, at: int) -> int:
        """Of "30 minutes long" the minutes."""
        for child in self.below[at]:
            if self.parse[at].role == "acomp" and self.parse[child].role == "npadvmod":
                self.left.add(at)
                self.stands[at] = child
                return child
        return at

    def _relate(self, at: int) -> None:
        word = self.parse[at]
        if word.head == at or at in self.left or word.role in LIGHT:
            return
        if word.role in ("prep", "agent") and self.below[at]:
            for child in self.below[at]:
                if self.parse[child].role in ("pobj", "pcomp"):
                    self._preposition(word.head, at, child)
            return
        if self.parse[word.head].role in ("prep", "agent"):
            return
        if self._place(at) == self._place(word.head):
            return
        if at in self.stands and self.stands[at] in self.left:
            return
        self._edge(word.head, self._label(at), at)

    def _preposition(self, head: int, at: int, child: int) -> None:
        word = self.parse[at]
        text = word.text.lower()
        if self._place(child) == self._place(head):
            return  # "amounts to": what it amounts to stands for it
        counted = any(self.parse[below].role == "nummod" for below in self.below[child])
        if word.role == "agent" or (text == "by" and self._passive(head)):
            label = "subject"
        elif text == "of":
            label = "is" if counted and self.parse[head].tag.startswith("NN") else "of"
        elif text == "per":
            label = "per"
        else:
            label = f"prep {text}"
        self._edge(head, label, child)

    def _label(self, at: int) -> str:
        word = self.parse[at]
        if word.role == "npadvmod":
            if self._repeats(at):
                return "per"
            counted = any(self.parse[child].role == "nummod" for child in self.below[at])
            return "object" if counted else "when"
        if word.role in ("advmod", "amod") and word.text.lower() in HOW_OFTEN:
            return "per"
        if word.role in ("advcl", "acl", "relcl", "ccomp"):
            marks = [self.parse[c].text.lower() for c in self.below[at] if mark(self.parse[c])]
            if word.role == "relcl" and self._set_off(at):
                return "aside"
            return " ".join([word.role, *marks])
        if word.role == "conj":
            beside = (self.parse[c] for c in self.below[word.head])
            joins = {one.text.lower() for one in beside if one.role == "cc"}
            if not joins <= {"and", "but"}:
                return "or"
            return "and" if self._states(word.head) else "along"
        return ROLES.get(word.role, word.role)

    def _edge(self, head: int, label: str, tail: int) -> None:
        first, last = self._place(head), self._place(tail)
        flags: frozenset[str] = frozenset()
        if label == "subject" and first != head:
            # "X is Y" and "X has Y": the verb itself is gone
            label = "whose" if self.parse[head].lemma == "have" else "is"
            flags = frozenset(self.flagged.get(head, ()))
        if first in self.out.words and last in self.out.words and first != last:
            self.out.edges.append(Edge(first, label, last, flags))

    def _share_subjects(self) -> None:
        """The second of two verbs has the subject of the first, and what stands with it."""
        for edge in list(self.out.edges):
            if edge.label not in ("and", "or"):
                continue
            subject = ("subject", "is")
            mine = [e for e in self.out.edges if e.head == edge.tail and e.label in subject]
            theirs = [e for e in self.out.edges if e.head == edge.head and e.label in subject]
            if not mine and theirs:
                label = "is" if edge.tail in self.stands.values() else "subject"
                self.out.edges += [Edge(edge.tail, label, e.tail, e.flags) for e in theirs]
                self.out.flags[edge.tail] |= self.out.flags[edge.head]

    def _tell_recipients(self) -> None:
        """Of two objects of a verb the first is who gets the other, in the passive as well."""
        edges = self.out.edges
        for head in {edge.head for edge in edges}:
            objects = [e for e in edges if e.head == head and e.label == "object"]
            if len(objects) > 1:
                first = min(objects, key=lambda edge: edge.tail)
                edges[edges.index(first)] = replace(first, label="recipient")

    def _place(self, at: int) -> int:
        seen = {at}
        while at in self.stands and self.stands[at] not in seen:
            at = self.stands[at]
            seen.add(at)
        return at

    def _silent(self, at: int) -> bool:
        word = self.parse[at]
        if at in self.left or at in self.stands or word.role in LIGHT or mark(word):
            return True
        if word.role in ("prep", "agent"):
            return bool(self.below[at])
        return not any(c.isalnum() for c in word.text)

    def _flag(self, at: int, flag: str) -> None:
        self.flagged.setdefault(at, set()).add(flag)

    def _passive(self, at: int) -> bool:
        return any(self.parse[child].role in ("auxpass", "nsubjpass") for child in self.below[at])

    def _set_off(self, at: int) -> bool:
        """Whether a comma stands before a clause: it then says something more, and limits
        nothing."""
        first = min([at, *self.below[at]])
        return first > 0 and self.parse[first - 1].text == ","

    def _states(self, at: int) -> bool:
        """Whether a word is a verb, or stands for one: what follows it by "and" is a clause."""
        return self.parse[at].tag.startswith(("VB", "MD")) or at in self.stands.values()

    def _repeats(self, at: int) -> bool:
        """Whether a word says how often: "a week", "each month"."""
        words = {self.parse[c].text.lower() for c in self.below[at]}
        return self.parse[at].role == "npadvmod" and not words.isdisjoint(EACH)

    def _time(self, at: int) -> bool:
        return self.parse[at].lemma in TIMES and any(
            self.parse[child].role == "nummod" for child in self.below[at]
        )
