"""Words of English text as evidence and guard compare them."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*|\d+(?:[.,:/]\d+)*")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_SUFFIXES = ("ings", "ing", "edly", "ied", "ies", "ed", "es", "ly", "s")
_NEGATIONS = frozenset(
    "no not never none neither nor without cannot can't won't don't doesn't didn't isn't aren't"
    " wasn't shouldn't mustn't except unless nobody nothing".split()
)
_SPELLED = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "fifteen": "15",
    "twenty": "20", "thirty": "30", "sixty": "60", "ninety": "90",
}  # fmt: skip
STOP = frozenset(
    """a about after all also am an and any are as ask at be because been before being between both
    but by can could did do does doing done each for from get gets give given go had has have having
    he her here him his how i if in into is it its just let like many may me might more most much
    must my need needs of off on or other our out over own per please same shall she should so some
    such tell than that the their them then there these they this those through to too under up use
    used was we were what when where which while who whom whose why will with would you your
    yours""".split()
)


NUMBER = rf"(?:\d|(?:{'|'.join(_SPELLED)})\b)"
"""What a number begins with, or is: the pattern."""


def stem(word: str) -> str:
    """A word without its usual endings: crude, and the same on both sides of a comparison."""
    word = word.lower().replace("’", "'").removesuffix("'s").strip("'-").replace(",", "")
    word = _SPELLED.get(word, word)
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word.removesuffix(suffix)
            word += "y" if suffix in ("ied", "ies") else ""
            break
    return word.removesuffix("e") if len(word) > 3 else word


def content_words(text: str) -> set[str]:
    """The stems of the words that carry meaning, numbers included."""
    return set(content_sequence(text))


def content_sequence(text: str) -> list[str]:
    """The same stems in their order, repetitions included."""
    return [
        stem(match)
        for match in _WORD.findall(text)
        if match.lower() not in STOP and not _is_negation(match)
    ]


def numbers(text: str) -> set[str]:
    """The numbers of a text, spelled-out small ones included, without thousands separators."""
    found = {match.replace(",", "").rstrip(".:/") for match in _NUMBER.findall(text)}
    spelled = {_SPELLED[w] for w in re.findall(r"[a-z]+", text.lower()) if w in _SPELLED}
    return found | spelled


def number(word: str) -> str:
    """The number that a word is, in digits without thousands separators; empty if it is none."""
    if _NUMBER.fullmatch(word):
        return word.replace(",", "")
    return _SPELLED.get(word.lower(), "")


def names(text: str) -> set[str]:
    """The stems of capitalised words, except where a sentence begins."""
    found = set()
    for sentence in re.split(r"(?<=[.!?:])\s+|\n", text):
        words = _WORD.findall(sentence)
        found |= {stem(w) for w in words[1:] if w[0].isupper() and w.lower() not in STOP}
        found |= {stem(w) for w in words[:1] if w[0].isupper() and any(c.isupper() for c in w[1:])}
    return found


def negated(text: str) -> bool:
    """Whether a sentence denies something."""
    return negations(text) > 0


def negations(text: str) -> int:
    """How often a sentence does: twice may be not at all."""
    return sum(_is_negation(word) for word in re.findall(r"[A-Za-z'’]+", text))


def _is_negation(word: str) -> bool:
    word = word.lower().replace("’", "'")
    return word in _NEGATIONS or word.endswith("n't")
