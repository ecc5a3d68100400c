"""Telephone numbers as people write them, not only those that some numbering plan has today."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import phonenumbers

from app.inference.recognisers.base import Hit, Recogniser

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
"""Whose national numbers are known by themselves, as presidio's recogniser has them."""

_GROUP = r"(?:\(\+?[0-9]{1,5}\)|[0-9]{1,15})"
_NUMBER = re.compile(
    rf"(?<![A-Za-z0-9_+/@$€£%-])(?<![0-9][.,])(?:\+ ?)?{_GROUP}"
    rf"(?:(?: ?[-./] ?| {{1,2}}){_GROUP}|(?<=\))[0-9]{{1,15}}|\([0-9]{{1,5}}\)){{0,7}}"
    r"(?:,? ?(?:x|ext\.?|extension) ?[0-9]{1,6})?(?![A-Za-z0-9_@%]|[.,:/-][0-9])",
    re.IGNORECASE,
)
_NO_PHONE = re.compile(
    r"(?:19|20)[0-9]{2}([-./ ])[0-9]{1,2}\1[0-9]{1,2}"
    r"|[0-9]{1,2}([-./ ])[0-9]{1,2}\2(?:19|20)[0-9]{2}"
    r"|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|(?:19|20)[0-9]{2} ?[-/] ?(?:19|20)[0-9]{2}"
    r"|[0-9]{1,3}(?:\.[0-9]{3})+"
)
"""Dates, IP addresses, pairs of years, thousands."""
_PHONE_WORDS = (
    r"(?:tele)?phones?|tel|cell(?:phone|ular)?|mob(?:ile)?|landline|call(?:s|ed|ing)?|dial(?:led|ing)?|"
    r"ring|fax|reach(?:ed|ing)?|contact|sms|texted|whatsapp|messages?|answer(?:ing|ed|s)?|"
    r"hot-?line|help-?line|help ?desk|voice ?mail|pager|switchboard|extension|toll[- ]free"
)
_OTHER_WORDS = (
    r"card|credit|debit|visa|mastercard|amex|account|acct|iban|swift|routing|ssn|social|security|"
    r"licen[cs]e|passport|zip|postal|post ?code|order|invoice|ticket|case|part|serial|tracking|"
    r"isbn|issn|version|tax|vat|bank|nhs|insurance|policy|id|identity|reference|ref|usd|eur|gbp"
)
_BEFORE = re.compile(rf"\b(?:({_PHONE_WORDS})|{_OTHER_WORDS})\b", re.IGNORECASE)
_AFTER = re.compile(
    r"[ \t]{1,3}\(?(?:office|fax|mobile|cell|home|work|tel|direct|main|landline|phone)\b"
    r"(?! ?(?:page|of))",
    re.IGNORECASE,
)
_TWO_DIGITS = re.compile(r"[0-9]{2}")
_WORD = re.compile(r"[^ ]+")
_FEWEST, _MOST = 6, 17
"""Digits of a number with its country and its extension."""
_SENTENCE = re.compile(r"[.!?]\s+(?=[A-Z])|\n\s*\n")
_NEAR = 60
"""How many characters before a number may say what it is."""


class Phones(Recogniser):
    """What begins with a plus and has the digits of a number; what the words around it call a
    telephone; and what is valid in one of `REGIONS`, unless they call it something else."""

    TYPES = ("PHONE_NUMBER",)

    def hits(self, text: str, wanted: frozenset[str]) -> Iterable[Hit]:
        for start, end in chain.from_iterable(map(_candidates, _NUMBER.finditer(text))):
            said = text[start:end]
            digits = sum(map(str.isdigit, said))
            if not _FEWEST <= digits <= _MOST or _NO_PHONE.fullmatch(said):
                continue
            if score := _score(text, start, end, digits):
                yield "PHONE_NUMBER", start, end, score


def _candidates(match: re.Match[str]) -> Iterable[tuple[int, int]]:
    """The whole, or where it has more digits than any number has, what in it may be one: each part
    between spaces, and whatever is valid by itself."""
    said, first = match[0], match.start()
    if sum(map(str.isdigit, said)) <= _MOST:
        return [match.span()]
    parts = {(first + word.start(), first + word.end()) for word in _WORD.finditer(said)}
    return parts | {(first + number.start, first + number.end) for number in _numbers(said)}


def _score(text: str, start: int, end: int, digits: int) -> float:
    said = text[start:end]
    called = _called(text, start, end)
    if said.startswith(("+", "(+")):
        return 0.85 if digits >= 8 else 0.0
    if called:
        return 0.75
    if called is None and _valid(said):
        return 0.4
    return 0.0


def _called(text: str, start: int, end: int) -> bool | None:
    """Whether the words around call it a telephone number: the nearest one decides; None where
    they call it nothing."""
    if _AFTER.match(text, end):
        return True
    before = _SENTENCE.split(text[max(0, start - _NEAR) : start])[-1]
    said = None
    for word in _BEFORE.finditer(before):
        said = word[1] is not None
    return said


def _valid(said: str) -> bool:
    """Whether it is one of these plans' numbers, with the prefix that the plan asks for."""
    return next(_numbers(said), None) is not None


def _numbers(said: str) -> Iterator[phonenumbers.PhoneNumberMatch]:
    """The valid numbers in it. Digits one by one are none: that would be asked of every table."""
    if not _TWO_DIGITS.search(said):
        return
    for region in REGIONS:
        yield from phonenumbers.PhoneNumberMatcher(
            said, region, leniency=phonenumbers.Leniency.VALID
        )
