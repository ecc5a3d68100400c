"""Words of English grammar: which say nothing by themselves, and what others come down to."""

from __future__ import annotations

import re

from app.answering.words import number, stem
from app.inference.parse import Word

LIGHT = frozenset("det aux auxpass case expl cc punct mark preconj predet".split())
MODALS = {
    "may": "may", "can": "may", "must": "must", "should": "should", "shall": "must",
    "will": "will", "would": "would", "could": "could", "might": "might", "ca": "may", "wo": "will",
}  # fmt: skip
QUANTIFIERS = {
    "all": "all", "every": "all", "each": "all", "some": "some", "any": "any", "most": "most",
    "few": "few", "many": "many", "several": "several", "both": "both", "either": "either",
    "no": "not", "neither": "not", "half": "half", "another": "another",
}  # fmt: skip
BE = {"be": "", "amount": "to", "equal": "", "total": "", "stand": "at"}
"""Verbs that say what something is, with the preposition that some of them take."""
LASTS = frozenset({"take", "last"})
TIMES = frozenset("second minute hour day week month quarter year night weekend decade".split())
FILLERS = frozenset(
    "indeed also additionally however therefore thus furthermore moreover consequently please"
    .split()
)  # fmt: skip
HOW_OFTEN = {
    "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "annually": "year",
    "hourly": "hour",
}  # fmt: skip
EACH = frozenset({"a", "an", "each", "every", "per"})
ROLES = {
    "nsubj": "subject", "csubj": "subject", "nsubjpass": "object", "csubjpass": "object",
    "dobj": "object", "dative": "object", "oprd": "object", "agent": "subject", "poss": "whose",
    "compound": "kind", "amod": "kind", "nmod": "kind", "nummod": "count",
}  # fmt: skip


_AMOUNT = r"\d+(?:[.,]\d+)*"


def money(sentence: str) -> str:
    """With currencies behind their numbers, where parsers expect units."""
    sentence = re.sub(rf"(?:€|\bEUR\b) ?({_AMOUNT})", r"\1 euros", sentence)
    return re.sub(rf"\$ ?({_AMOUNT})", r"\1 dollars", sentence)


def mark(word: Word) -> bool:
    """Whether a word only joins a clause to another."""
    return word.role == "mark" or (word.role == "advmod" and word.tag == "WRB")


def told(word: Word) -> str:
    """What a word says: its number, or the stem of its plain form."""
    text = HOW_OFTEN.get(word.text.lower(), word.text)
    return number(text) or stem(word.lemma if word.tag[:2] in ("VB", "NN") else text)
