"""What a document becomes, where that only computes: parsed, classified, redacted, in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

from app.domain.document import Chunk, Classified, Rendition, SourceItem
from app.inference.detect import Detector
from ingestion.chunk import chunk
from ingestion.classify import ClassificationRules, Stated, classify
from ingestion.parse import parse
from ingestion.redact import RedactionRules, redact


@dataclass(frozen=True)
class Rules:
    """The policies that decide what a document becomes."""

    classification: ClassificationRules
    redaction: RedactionRules
    detector: Detector

    @classmethod
    def load(cls, policies: Path) -> Rules:
        """Raises ConfigurationError naming the file that is wrong."""
        classification = ClassificationRules.load(policies)
        redaction = RedactionRules.load(policies)
        types = classification.entity_types | redaction.entity_types
        detector = Detector(types, redaction.threshold, redaction.thresholds)
        return cls(classification, redaction, detector)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A rendition in pieces."""

    rendition: Rendition
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The full rendition in pieces, and those that are redacted for a lower classification, the
    strictest first. `seconds` says what each stage took."""

    full: Pieces
    redacted: tuple[Pieces, ...]
    seconds: dict[str, float]

    @property
    def renditions(self) -> tuple[Pieces, ...]:
        """All, the strictest first."""
        return self.full, *self.redacted


@dataclass
class Stopwatch:
    """The seconds of each stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=perf_counter)

    def end(self, stage: str) -> None:
        now = perf_counter()
        self.seconds[stage], self._since = now - self._since, now


def render(
    rules: Rules, item: SourceItem, stated: Stated, watch: Stopwatch
) -> tuple[Classified, Rendition, tuple[Rendition, ...]]:
    """From a source's item to what may be indexed of it: in full, and redacted for a lower
    classification. Raises DocumentProblem."""
    parsed, metadata = parse(item)
    watch.end("parse")
    entities = rules.detector.detect(parsed.text)
    in_title = rules.detector.detect(parsed.title)
    watch.end("detect")
    classified = classify(rules.classification, parsed, metadata, entities, in_title, stated)
    watch.end("classify")
    rendition = redact(classified, rules.redaction)
    lower = tuple(_lower(rules, classified, tuple(metadata), stated))
    watch.end("redact")
    return classified, rendition, lower


def _lower(
    rules: Rules, classified: Classified, metadata: Iterable[tuple[str, str]], stated: Stated
) -> Iterator[Rendition]:
    """What policy asks for at a lower classification: without the values that make a document
    stricter, where the rules say that the rest is no stricter than that."""
    order = rules.classification.levels.index
    counted = rules.classification.entity_types
    for level in rules.redaction.lower(classified.classification):
        rendition = redact(classified, rules.redaction, level, counted)
        rest = replace(classified.parsed, title=rendition.title, elements=rendition.elements)
        entities = rules.detector.detect(rest.text)
        found = rules.classification.classify(rest, metadata, entities, stated)
        if order(found.level) <= order(level):
            yield replace(rendition, evidence=found.evidence, doubt=None)


def prepare(rules: Rules, item: SourceItem, stated: Stated) -> Prepared:
    """From a source's item to chunks. Raises DocumentProblem."""
    watch = Stopwatch()
    _, rendition, lower = render(rules, item, stated, watch)
    full, *redacted = (Pieces(one, tuple(chunk(one))) for one in (rendition, *lower))
    watch.end("chunk")
    return Prepared(full, tuple(redacted), watch.seconds)
