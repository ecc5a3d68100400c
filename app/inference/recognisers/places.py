"""Street addresses and postcodes, where policy asks for them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.inference.recognisers.base import Hit, Recogniser

_NAME = r"(?:[A-Z0-9][\w'’.-]{0,30} ){1,4}"
_KIND = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|"
    r"Terrace|Way|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Crescent|Close|Alley|Row|Trail|Walk)\b\.?"
)
_UNIT = r"(?:,?\s{1,3}(?:Apt|Apartment|Suite|Unit|Flat|Floor|Room)\b\.?\s?#?\w{1,6})?"
_TOWN = (
    r"(?:,?\s{1,3}[A-Z][\w'’.-]{1,30}(?: [A-Z][\w'’.-]{1,30}){0,2},?"
    r"\s{1,3}[A-Z]{2}\s{1,3}[0-9]{5}(?:-[0-9]{4})?)?"
)
_STREET = re.compile(rf"(?<![\w.,-])[0-9]{{1,6}}[A-Z]? {_NAME}{_KIND}{_UNIT}{_TOWN}")
_CONTINENTAL = re.compile(
    r"\b(?:[A-ZÄÖÜ][\wäöüß-]{1,25}(?:straße|strasse|weg|platz|gasse|allee|gatan|gata|vägen|veien|gade|"
    r"vej|katu|tie|straat|laan|plein)|(?:[Rr]ue|[Aa]venue|Via|Viale|Piazza|Calle|Avenida|Rua)"
    r"(?: [\w'’.-]{1,25}){1,4}),? [0-9]{1,5}[a-zA-Z]?\b"
)
_BOX = re.compile(r"\b(?:P\.? ?O\.? Box|PSC) [0-9]{1,6}\b", re.IGNORECASE)
_ZIP_NAMED = re.compile(
    r"\b(?:zip|postal|post)[ -]?(?:code)?(?: is)?(?: ?[:=#])?[ \t]{1,2}"
    r"([0-9]{3,6}(?:[ -][0-9]{2,4})?(?: [A-Z]{2}\b)?"
    r"|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2})(?![\w-])",
    re.IGNORECASE,
)
_UK = re.compile(r"\b[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{2}\b")
_US = re.compile(r"\b[A-Z]{2} {1,2}([0-9]{5}(?:-[0-9]{4})?)(?![\w-])")


class Places(Recogniser):
    """A house number with a street name of a known kind, in English or after the usual words of
    some other languages; a postcode by its format, or after its name."""

    TYPES = ("STREET_ADDRESS", "ZIP_CODE")

    def hits(self, text: str, wanted: frozenset[str]) -> Iterable[Hit]:
        if "STREET_ADDRESS" in wanted:
            for pattern in (_STREET, _CONTINENTAL, _BOX):
                for match in pattern.finditer(text):
                    yield "STREET_ADDRESS", match.start(), match.end(), 0.6
        if "ZIP_CODE" in wanted:
            for pattern, group in ((_ZIP_NAMED, 1), (_UK, 0), (_US, 1)):
                for match in pattern.finditer(text):
                    yield "ZIP_CODE", match.start(group), match.end(group), 0.6
