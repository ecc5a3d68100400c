"""E-mail addresses as the names of accounts."""

from __future__ import annotations

import unicodedata

from app.domain.principal import PrincipalKind, PrincipalRef
from app.errors import InvalidInput

LONGEST = 254
"""Characters of an address (RFC 5321, section 4.5.3.1.3, without the brackets)."""


def new_address(email: str) -> PrincipalRef:
    """The principal of an address that is to become an account. Raises InvalidInput."""
    try:
        ref = PrincipalRef.parse(email)
    except ValueError as error:
        raise InvalidInput(f"{email[:80]!r} is not an e-mail address") from error
    if ref.kind is not PrincipalKind.USER:
        raise InvalidInput("a user is named by an e-mail address")
    # no blanks and nothing invisible: two accounts must not look alike
    if len(ref.key) > LONGEST or any(unicodedata.category(c)[0] in "CZ" for c in ref.key):
        raise InvalidInput(f"{email[:80]!r} is not an e-mail address")
    return ref


def account_key(email: str) -> str:
    """The key under which to look for an address that anybody may have typed, whatever is in it;
    what Postgres cannot hold becomes what no account is called."""
    return (
        email.strip().lower().encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")
    )
