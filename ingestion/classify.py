"""Which classification a document gets, and why: the strictest that any rule says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.authz.levels import load_levels, strictest
from app.domain.document import Classified, Doubt, Entity, Parsed
from app.errors import ConfigurationError

_LABEL = re.compile(
    r"^\W*(?:document |data |information )?(?P<field>classification|sensitivity|confidentiality)"
    r"(?: level)?\W{0,3}[:=]\W{0,3}(?P<label>[a-z][a-z \-/]{1,40}?)\W*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """A classification and the reason for it, in words that hold nothing of the text. What is not
    `sure` counts all the same, and somebody should look."""

    level: str
    why: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A classification, every reason with the decisive ones first, and why somebody should look."""

    level: str
    evidence: tuple[str, ...]
    doubt: Doubt | None = None


@dataclass(frozen=True)
class Stated:
    """What others say about a document: floors of source and folder, and the push itself.

    Each is a classification by name, or None. Only its folder and the push can make a document
    less strict than the default. What a person `decided` beats the rules; below the floors only
    where a second person agreed, `seconded`. `alike` is what documents like it are.
    """

    source: str | None = None
    folder: str | None = None
    document: str | None = None
    decided: str | None = None
    seconded: bool = False
    alike: Said | None = None

    def levels(self) -> tuple[str, ...]:
        """What is stated of which the document may not fall short, in no order."""
        if self.decided and self.seconded:
            return (self.decided,)
        floors = (self.source, self.folder, self.document, self.decided)
        return tuple(level for level in floors if level)


@dataclass(frozen=True)
class ClassificationRules:
    """The rules of `policies/classification.yaml`."""

    levels: tuple[str, ...]
    default: str
    fields: tuple[str, ...]
    aliases: Mapping[str, str]
    phrases: tuple[tuple[str, re.Pattern[str]], ...]
    counts: tuple[tuple[str, frozenset[str], int], ...]

    @classmethod
    def load(cls, policies: Path) -> ClassificationRules:
        """Raises ConfigurationError when the file does not say what it must."""
        levels = load_levels(policies)
        path = policies / "classification.yaml"
        try:
            rules: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            labels = rules.get("labels", {})
            loaded = cls(
                levels=levels,
                default=rules["default"],
                fields=tuple(labels.get("fields", ())),
                aliases={k.casefold(): v for k, v in labels.get("aliases", {}).items()},
                phrases=tuple(
                    (rule["level"], re.compile("|".join(map(re.escape, rule["any"])), re.I))
                    for rule in rules.get("phrases", ())
                ),
                counts=tuple(
                    (rule["level"], frozenset(rule["types"]), int(rule["at_least"]))
                    for rule in rules.get("entities", ())
                ),
            )
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise ConfigurationError(f"{path}: a rule is not written as it must be") from error
        named = [loaded.default, *loaded.aliases.values()]
        named += [level for level, _ in loaded.phrases] + [level for level, *_ in loaded.counts]
        if unknown := sorted({name for name in named if name not in levels}):
            raise ConfigurationError(f"{path}: unknown classification {', '.join(unknown)}")
        return loaded

    @property
    def entity_types(self) -> frozenset[str]:
        """The types that the rules count."""
        return frozenset(name for _, types, _ in self.counts for name in types)

    def classify(
        self,
        parsed: Parsed,
        metadata: Iterable[tuple[str, str]],
        entities: Sequence[Entity],
        stated: Stated,
    ) -> Found:
        """What a document is classified as."""
        said = [*self._by_others(stated), *self._by_labels(parsed, metadata)]
        said += [*self._by_phrases(parsed), *self._by_entities(parsed, entities)]
        if stated.folder is None and stated.document is None:
            said.append(Said(self.default, f"{self.default} is the default"))
        if stated.alike is not None:
            said.append(stated.alike)
        level = self._strictest(said)
        order = self.levels.index
        reasons = tuple(s.why for s in sorted(said, key=lambda s: -order(s.level)))
        if stated.decided is not None:
            return self._decided(stated, level, reasons)
        otherwise = self._strictest([s for s in said if s.sure])
        doubts = tuple(s.why for s in said if not s.sure and order(s.level) > order(otherwise))
        return Found(level, reasons, Doubt(otherwise, doubts) if doubts else None)

    def _decided(self, stated: Stated, level: str, reasons: tuple[str, ...]) -> Found:
        """What a person decided, where it may hold; nothing of it is in doubt."""
        decided = self.named(stated.decided or "")
        if decided == strictest(self.levels, *map(self.named, stated.levels())):
            also = ", and a second person agreed" if stated.seconded else ""
            return Found(decided, (f"somebody decided that it is {decided}{also}", *reasons))
        waits = f"somebody decided {decided}, which waits for a second person"
        return Found(level, (*reasons, waits))

    def _strictest(self, said: Iterable[Said]) -> str:
        return strictest(self.levels, *(one.level for one in said))

    def _by_others(self, stated: Stated) -> Iterator[Said]:
        for who, level in (
            ("its source", stated.source),
            ("its folder", stated.folder),
            ("whoever sent it", stated.document),
        ):
            if level is not None:
                yield Said(self.named(level), f"{who} says {self.named(level)}")

    def _by_labels(self, parsed: Parsed, metadata: Iterable[tuple[str, str]]) -> Iterator[Said]:
        for name, label in metadata:
            if name in self.fields and label.strip():
                yield self._labelled(label, f"its field '{name}'")
        for match in _LABEL.finditer(parsed.text):
            yield self._labelled(match["label"], "a label in its text")

    def _by_phrases(self, parsed: Parsed) -> Iterator[Said]:
        for level, pattern in self.phrases:
            if pattern.search(parsed.text):
                yield Said(level, f"a phrase that policy calls {level}")

    def _by_entities(self, parsed: Parsed, entities: Sequence[Entity]) -> Iterator[Said]:
        for level, types, at_least in self.counts:
            values = {parsed.text[e.start : e.end] for e in entities if e.type in types}
            if len(values) >= at_least:
                yield Said(level, f"{len(values)} different values of {', '.join(sorted(types))}")

    def _labelled(self, label: str, where: str) -> Said:
        level = self.named(label)
        if label.casefold().strip() in (*self.levels, *self.aliases):
            return Said(level, f"{where} says {level}")
        return Said(level, f"{where} names no level of ours", sure=False)

    def named(self, name: str) -> str:
        """A level by its name or alias; the strictest for a name that nobody has ordered."""
        name = name.casefold().strip()
        name = self.aliases.get(name, name)
        return name if name in self.levels else self.levels[-1]


def classify(
    rules: ClassificationRules,
    parsed: Parsed,
    metadata: Iterable[tuple[str, str]],
    entities: tuple[Entity, ...],
    title_entities: tuple[Entity, ...],
    stated: Stated,
) -> Classified:
    """The step of the pipeline: a parsed document becomes a classified one.

    What was taken out of it, since nobody sees it, is evidence too, and how else it was read.
    """
    found = rules.classify(parsed, metadata, entities, stated)
    unseen = tuple(f"not read: {n:,} {kind}" for kind, n in sorted(parsed.stripped.items()))
    evidence = found.evidence + unseen + parsed.remarks
    return Classified(parsed, found.level, evidence, entities, title_entities, found.doubt)
