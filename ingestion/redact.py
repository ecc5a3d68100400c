"""What policy does not want indexed is replaced, here and nowhere later."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from app.authz.levels import load_levels
from app.domain.document import Classified, Element, Entity, Rendition
from app.errors import ConfigurationError
from app.inference.unmask import unmask

SHORTEST = 5
"""Characters of a value that is known again by itself; shorter ones stand in too much else."""
NOTHING: frozenset[str] = frozenset()
_BEGIN = re.compile(r"(?<!\w)\S")


@dataclass(frozen=True)
class RedactionRules:
    """The rules of `policies/redaction.yaml`: entity types by classification."""

    types: Mapping[str, frozenset[str]]
    threshold: float
    thresholds: Mapping[str, float] = field(default_factory=dict)
    renditions: tuple[tuple[str, str], ...] = ()
    """What is `of` one classification is to be had redacted `at` a lower one, where that is enough;
    the strictest first."""

    @classmethod
    def load(cls, policies: Path) -> RedactionRules:
        """Raises ConfigurationError when a classification has no rule: no guess is made."""
        path = policies / "redaction.yaml"
        try:
            rules: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            types = {level: frozenset(names) for level, names in rules["redact"].items()}
            threshold = float(rules["threshold"])
            by_type = rules.get("thresholds") or {}
            thresholds = {name: float(score) for name, score in by_type.items()}
            renditions = [(one["of"], one["at"]) for one in rules.get("renditions") or ()]
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise ConfigurationError(f"{path}: a rule is not written as it must be") from error
        levels = load_levels(policies)
        if set(types) != set(levels):
            raise ConfigurationError(f"{path}: write one list for each of {', '.join(levels)}")
        for of, at in renditions:
            if of not in levels or at not in levels[: levels.index(of)]:
                raise ConfigurationError(f"{path}: renditions: `at` is less strict than `of`")
        renditions.sort(key=lambda pair: -levels.index(pair[1]))
        return cls(types, threshold, thresholds, tuple(renditions))

    def lower(self, level: str) -> tuple[str, ...]:
        """Where a document of this classification may be had redacted, the strictest first."""
        return tuple(dict.fromkeys(at for of, at in self.renditions if of == level))

    @property
    def entity_types(self) -> frozenset[str]:
        return frozenset().union(*self.types.values())


@dataclass
class Pseudonyms:
    """The same value gets the same mark throughout a document: `[PHONE NUMBER 1]`."""

    marks: dict[tuple[str, str], str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    replaced: Counter[str] = field(default_factory=Counter)

    def mark(self, type_: str, value: str) -> str:
        key = (type_, _same(value))
        if key not in self.marks:
            self.seen[type_] += 1
            self.marks[key] = f"[{type_.replace('_', ' ')} {self.seen[type_]}]"
        self.replaced[type_] += 1
        return self.marks[key]


def _same(value: str) -> str:
    """What all forms of a value have in common, however a number is grouped or masked."""
    plain = unmask(value).text.casefold()
    return "".join(char for char in plain if char.isalnum() or char == "@") or plain


def redact(
    classified: Classified, rules: RedactionRules, at: str | None = None, also: Set[str] = NOTHING
) -> Rendition:
    """The rendition at the document's classification, or `at` another, without what policy
    replaces there, and `also` entities of these types.

    A value that was found anywhere in the document is replaced everywhere in it: recognisers go by
    the words around, and a heading has others than the sentence below it.
    """
    level = at or classified.classification
    types = rules.types[level] | also
    parsed = classified.parsed
    found = _wanted(classified.entities, types), _wanted(classified.title_entities, types)
    values = {
        text[entity.start : entity.end]: entity.type
        for text, entities in zip((parsed.text, parsed.title), found, strict=True)
        for entity in entities
    }
    wanted, in_title = (
        _wanted((*entities, *_again(text, values)), types)
        for text, entities in zip((parsed.text, parsed.title), found, strict=True)
    )
    pseudonyms = Pseudonyms()
    title = _replace(parsed.title, 0, in_title, pseudonyms)
    elements: list[Element] = []
    start = 0
    for element in parsed.elements:
        text = _replace(element.text, start, wanted, pseudonyms)
        elements.append(element if text == element.text else replace(element, text=text))
        start += len(element.text) + len("\n\n")
    return Rendition(
        classification=level,
        title=title,
        elements=tuple(elements),
        redactions=dict(pseudonyms.replaced),
        evidence=classified.evidence,
        doubt=classified.doubt,
    )


def _again(text: str, values: Mapping[str, str]) -> Iterator[Entity]:
    """Where values stand, by type, that begin and end as words do."""
    lengths = sorted({len(value) for value in values if len(value) >= SHORTEST})
    for begin in _BEGIN.finditer(text) if lengths else ():
        start = begin.start()
        for length in lengths:
            end = start + length
            if end > len(text):
                break
            type_ = values.get(text[start:end])
            if type_ is not None and not text[end : end + 1].isalnum():
                yield Entity(type_, start, end, 1.0)


def _wanted(entities: Iterable[Entity], types: frozenset[str]) -> list[Entity]:
    """The entities to replace, in order, overlapping ones as one: the surest lends its name,
    of those the longest."""
    kept: list[Entity] = []
    chosen = (entity for entity in entities if entity.type in types)
    for entity in sorted(chosen, key=lambda e: (e.start, -e.end)):
        if kept and entity.start < kept[-1].end:
            last = kept[-1]
            surest = max(last, entity, key=lambda e: (e.score, e.end - e.start))
            kept[-1] = replace(surest, start=last.start, end=max(last.end, entity.end))
        else:
            kept.append(entity)
    return kept


def _replace(text: str, start: int, entities: list[Entity], pseudonyms: Pseudonyms) -> str:
    """`text` begins at offset `start` of what the entities were found in. An entity that reaches
    over its end is replaced as far as it lies within."""
    parts: list[str] = []
    at = 0
    for entity in entities:
        first, last = max(entity.start - start, at), min(entity.end - start, len(text))
        if first >= last:
            continue
        parts += [text[at:first], pseudonyms.mark(entity.type, text[first:last])]
        at = last
    return "".join([*parts, text[at:]])
