"""National numbers with a check digit that presidio has no recogniser for, each by its own rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.inference.recognisers.base import Hit, Recogniser

Digits = Sequence[int]


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds` is asked about the bare number, in capitals; `words` near before raise the score of
    a number whose check lets one in eleven others pass."""

    pattern: re.Pattern[str]
    holds: Callable[[str], bool]
    words: re.Pattern[str] | None = None


def _digits(number: str) -> Digits:
    return [int(char) for char in number]


def _weighed(number: str, weights: Digits) -> int:
    return sum(d * w for d, w in zip(_digits(number), weights, strict=False))


def _nir(number: str) -> bool:
    """France: 97 less the number modulo 97; the departments of Corsica count as 19 and 18."""
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def _bsn(number: str) -> bool:
    """Netherlands: the test of eleven."""
    return number.strip("0") != "" and _weighed(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _rrn(number: str) -> bool:
    """Belgium: modulo 97, with a 2 before it for those born from 2000 on."""
    check = int(number[9:])
    return any(97 - int(first + number[:9]) % 97 == check for first in ("", "2"))


def _cpf(number: str) -> bool:
    """Brazil: two digits modulo 11; the same digit eleven times is none."""
    if len(set(number)) == 1:
        return False
    return all(
        _weighed(number[:n], range(n + 1, 1, -1)) * 10 % 11 % 10 == int(number[n]) for n in (9, 10)
    )


def _ahv(number: str) -> bool:
    """Switzerland: as an EAN of 13 digits."""
    return _weighed(number, (1, 3) * 6 + (1,)) % 10 == 0


def _fnr(number: str) -> bool:
    """Norway: two digits modulo 11."""
    return (
        _weighed(number, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and _weighed(number, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def _ppsn(number: str) -> bool:
    """Ireland: a letter modulo 23, the second letter counts ninefold."""
    extra = ord(number[8]) - 64 if len(number) > 8 and number[8] != "W" else 0
    total = _weighed(number[:7], range(8, 1, -1)) + 9 * extra
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == number[7]


def _resident(number: str) -> bool:
    """China: modulo 11 with X for ten, as in ISO 7064."""
    total = sum(int(d) * pow(2, 17 - n, 11) for n, d in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17]


def _svnr(number: str) -> bool:
    """Austria: the fourth digit modulo 11."""
    return (
        _weighed(number[:3] + number[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11 == int(number[3])
        and number[0] != "0"
    )


def _written(regex: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![A-Za-z0-9])(?<![0-9][.,-]){regex}(?![A-Za-z0-9]|[.,-][0-9])", re.IGNORECASE
    )


def _words(regex: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{regex})\b", re.IGNORECASE)


_DAY, _MONTH = r"(?:0[1-9]|[12][0-9]|3[01])", r"(?:0[1-9]|1[0-2])"
_RULES = {
    "FR_NIR": Rule(_written(rf"[1-478] ?[0-9]{{2}} ?(?:{_MONTH}|[2-9][0-9]) ?(?:[0-9]{{2}}|2[AB])"
                            r" ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"), _nir),
    "NL_BSN": Rule(_written(r"[0-9]{4}[ .]?[0-9]{2}[ .]?[0-9]{3}"), _bsn,
                   _words("bsn|burgerservicenummer|sofi(?:nummer)?|citizen service")),
    "BE_NRN": Rule(_written(rf"[0-9]{{2}}[. ]?{_MONTH}[. ]?{_DAY}[ -]?[0-9]{{3}}[. ]?[0-9]{{2}}"),
                   _rrn),
    "BR_CPF": Rule(_written(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"), _cpf),
    "CH_AHV": Rule(_written(r"756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2}"), _ahv),
    "NO_FNR": Rule(_written(rf"(?:{_DAY}|[4-7][0-9]){_MONTH}[0-9]{{2}} ?[0-9]{{5}}"), _fnr),
    "IE_PPSN": Rule(_written(r"[0-9]{7}[A-W][A-IW]?"), _ppsn),
    "CN_RIC": Rule(_written(rf"[1-8][0-9]{{5}}(?:19|20)[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{3}}[0-9X]"),
                   _resident),
    "AT_SVNR": Rule(_written(rf"[0-9]{{4}} ?{_DAY}(?:{_MONTH}|1[3-5])[0-9]{{2}}"), _svnr,
                    _words("sozialversicherungs?(?:nummer)?|svnr|sv-nr|austrian?"
                           "|social (?:insurance|security)")),
}  # fmt: skip
_NEAR = 60


class NationalIds(Recogniser):
    """Found where the check holds; a type with `words` only where one of them stands before, for
    its numbers have no shape of their own."""

    TYPES = tuple(_RULES)

    def hits(self, text: str, wanted: frozenset[str]) -> Iterable[Hit]:
        for type_ in wanted & _RULES.keys():
            rule = _RULES[type_]
            for match in rule.pattern.finditer(text):
                start, end = match.span()
                if not rule.holds(re.sub(r"[^0-9A-Z]", "", match[0].upper())):
                    continue
                if rule.words and not rule.words.search(text, max(0, start - _NEAR), start):
                    continue
                yield type_, start, end, 0.8
