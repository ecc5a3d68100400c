"""Values that only the words before them give away."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.inference.recognisers.base import Hit, Recogniser

_IS = (
    r"(?:[ \t]{0,2}(?:number|no\.?|nr\.?|code|#|id))?"
    r"(?:[ \t]{0,2}(?:is|was|of|:|=|#)){0,2}[ \t]{1,3}"
)
_VALUE = (
    r"(?=[A-Za-z]{0,4}-?[0-9]|(?-i:[A-Z]{1,4}) [0-9])("
    r"[A-Za-z0-9](?:[A-Za-z0-9]|[ -](?=[0-9])|-){3,24})(?![A-Za-z0-9])"
)
_NAMES = {
    "US_DRIVER_LICENSE": r"driv(?:er'?s?|er’s|ing)[ -]?licen[cs]e",
    "US_PASSPORT": r"passport",
    "US_BANK_NUMBER": r"(?:bank|checking|savings|deposit)[ -]account",
    "TAX_ID": r"(?:tax(?:payer)?[ -]?(?:id(?:entification)?|number|reference|file)|tin\b|vat\b)",
    "NATIONAL_ID": (
        r"(?:national[ -](?:id(?:entity|entification)?|insurance)(?: card)?|identity[ -]card)"
    ),
    "HEALTH_ID": r"(?:health[ -]insurance|medicare|medicaid|medical[ -]record|patient[ -]id|mrn\b)",
    "EMPLOYEE_ID": r"(?:employee|staff|personnel|worker|badge|payroll)[ -]?(?:id\b|number|no\.)",
}
_NAMED = {
    type_: re.compile(rf"\b{name}{_IS}{_VALUE}", re.IGNORECASE) for type_, name in _NAMES.items()
}


class NamedValues(Recogniser):
    """`My driver's license number is F162823540116`: no format tells it from a part number. It
    must have four digits at least."""

    TYPES = tuple(_NAMES)

    def hits(self, text: str, wanted: frozenset[str]) -> Iterable[Hit]:
        for type_ in wanted & _NAMED.keys():
            for match in _NAMED[type_].finditer(text):
                if sum(map(str.isdigit, match[1])) >= 4:
                    yield type_, match.start(1), match.end(1), 0.7
