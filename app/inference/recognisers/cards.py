"""Cards that presidio's own recogniser leaves out."""

from __future__ import annotations

from presidio_analyzer import Pattern
from presidio_analyzer.predefined_recognizers import CreditCardRecognizer

_GAP = r"[ -]?"
_MASTERCARD = rf"2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)(?:{_GAP}\d){{12}}"
_MAESTRO = rf"(?:0604|(?:50|5[6-9]|6\d)\d\d)(?:{_GAP}\d){{8,15}}"
_JCB = rf"(?:2131|1800)(?:{_GAP}\d){{11}}"
_VISA = rf"4\d\d\d(?:{_GAP}\d){{15}}"
_BY_THREE = rf"3[47]\d\d{_GAP}\d{{6}}{_GAP}\d{{5}}|3[0689]\d\d{_GAP}\d{{6}}{_GAP}\d{{4}}"


class MoreCards(CreditCardRecognizer):
    """Mastercard from 2221 to 2720, Maestro from 12 digits on, JCB of 15, Visa of 19, American
    Express and Diners in three groups (ranges as in ISO/IEC 7812); only where the check digit is
    right."""

    def __init__(self) -> None:
        regex = rf"\b(?:{_MASTERCARD}|{_MAESTRO}|{_JCB}|{_VISA}|{_BY_THREE})\b"
        super().__init__(patterns=[Pattern("More cards", regex, 0.3)], name="MoreCards")
