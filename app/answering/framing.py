"""What models put around a statement to say where they have it from."""

from __future__ import annotations

import re

_SOURCE = (
    r"(?:documents?|documentation|pages?|passages?|texts?|sources?|context|evidence|handbook"
    r"|polic(?:y|ies)|information|section|excerpt|above|it)"
)
_WHICH = rf"(?:(?:the|this|these|its|your|our)\s+)?(?:(?:[\w’'-]+\s+){{0,3}}?){_SOURCE}"
_ON = r"(?:\s+(?:on|about|of|for|titled|called|provided|given)\b[^,.;:]{0,80}?)?"
_SAYS = r"(?:states?|says?|mentions?|notes?|indicates?|confirms?|specif(?:y|ies)|explains?|shows?)"
_OPENERS = (
    r"(?:yes|for example|for instance|however|additionally|also|furthermore|moreover|so|thus"
    r"|therefore|in addition|in summary|in short)"
)
_BY = r"(?:according to|based on|as per|per|as (?:stated|described|noted|mentioned|given|listed)"
_FRAMES = tuple(
    re.compile(frame, re.IGNORECASE)
    for frame in (
        rf"^{_OPENERS}[,:]\s+",
        rf"^{_BY}(?: in| by| on)?)\s+{_WHICH}{_ON},\s+",
        rf"^{_WHICH}{_ON}\s+(?:clearly |also )?{_SAYS}\s+that\s+",
        rf",?\s+according to\s+{_WHICH}{_ON}(?=\.?$)",
    )
)
_OWN = re.compile(rf"\b(?:{_OPENERS}|{_BY})|{_SOURCE}|{_SAYS}|clearly)\b", re.I)


def unopened(sentence: str) -> str:
    """A sentence without a word like "however" before it: all that comes off evidence."""
    return _FRAMES[0].sub("", sentence)


def unframed(said: str) -> tuple[str, str]:
    """A sentence without such frames, and what they say of the source besides."""
    about = ""
    for frame in _FRAMES:
        found = frame.search(said)
        if found and (rest := f"{said[: found.start()]}{said[found.end() :]}").strip():
            said, about = f"{rest[0].upper()}{rest[1:]}", f"{about} {_OWN.sub(' ', found[0])}"
    return said, about.strip()
