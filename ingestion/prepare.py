"""What a document becomes, where that only computes: parsed, classified, redacted, in pieces."""

from __future__ import annotations

from dataclasses import dataclass, field
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
class Prepared:
    """A rendition in pieces. `seconds` says what each stage took."""

    rendition: Rendition
    chunks: tuple[Chunk, ...]
    seconds: dict[str, float]


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
) -> tuple[Classified, Rendition]:
    """From a source's item to what may be indexed of it. Raises DocumentProblem."""
    parsed, metadata = parse(item)
    watch.end("parse")
    entities = rules.detector.detect(parsed.text)
    in_title = rules.detector.detect(parsed.title)
    watch.end("detect")
    classified = classify(rules.classification, parsed, metadata, entities, in_title, stated)
    watch.end("classify")
    rendition = redact(classified, rules.redaction)
    watch.end("redact")
    return classified, rendition


def prepare(rules: Rules, item: SourceItem, stated: Stated) -> Prepared:
    """From a source's item to chunks. Raises DocumentProblem."""
    watch = Stopwatch()
    _, rendition = render(rules, item, stated, watch)
    pieces = tuple(chunk(rendition))
    watch.end("chunk")
    return Prepared(rendition, pieces, watch.seconds)
