"""What is compared: the product's redaction as policy sets it, and plain presidio."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.domain.document import Classified, Element, Parsed
from app.inference.detect import LANGUAGE, MODEL
from app.settings import PROJECT
from evals.measures.spans import Span
from ingestion.prepare import Rules
from ingestion.redact import redact

LEVEL = "internal"
"""The level whose rules are measured: at it policy replaces most."""
_MARK = re.compile(r"\[[A-Z ]+ \d+\]")
Finder = Callable[[str], list[tuple[str, Span]]]
"""The spans in a text, each with its type."""


def product() -> tuple[Finder, frozenset[str]]:
    """What ingestion replaces in a text, and the types that policy wants replaced."""
    rules = Rules.load(PROJECT / "policies")

    def find(text: str) -> list[tuple[str, Span]]:
        parsed = Parsed("", (Element("text", text),))
        entities = rules.detector.detect(text)
        rendition = redact(Classified(parsed, LEVEL, (), entities), rules.redaction)
        return replaced(text, rendition.elements[0].text)

    return find, rules.redaction.types[LEVEL]


def replaced(text: str, redacted: str) -> list[tuple[str, Span]]:
    """Where `redacted` has marks instead of what `text` says, seen from the two texts alone."""
    marks = [mark[0] for mark in _MARK.finditer(redacted)]
    kept = (re.escape(part) for part in _MARK.split(redacted))
    match = re.fullmatch("(.+?)".join(kept), text, re.DOTALL)
    if match is None:
        return []
    return [
        (mark[1:-1].rpartition(" ")[0].replace(" ", "_"), match.span(n))
        for n, mark in enumerate(marks, start=1)
    ]


def presidio() -> Finder:
    """Presidio's analyser as it comes, with the same small language model."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    configuration = {
        "nlp_engine_name": "spacy",
        "models": [{"lang_code": LANGUAGE, "model_name": MODEL}],
    }
    engine = NlpEngineProvider(nlp_configuration=configuration).create_engine()
    analyser = AnalyzerEngine(nlp_engine=engine, supported_languages=[LANGUAGE])

    def find(text: str) -> list[tuple[str, Span]]:
        found = analyser.analyze(text, language=LANGUAGE)
        return [(one.entity_type, (one.start, one.end)) for one in found]

    return find
