"""What people type: how long a token lasts, addresses, passwords."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.authn.addresses import account_key, new_address
from app.authn.passwords import hash_password, matches, outdated
from app.authn.tokens import LONGEST_TTL, parse_ttl
from app.errors import InvalidInput


@pytest.mark.parametrize(
    ("words", "lasts"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        (" 12h ", timedelta(hours=12)),
        ("366d", LONGEST_TTL),
    ],
)
def test_a_ttl_is_a_number_and_a_unit(words: str, lasts: timedelta) -> None:
    assert parse_ttl(words) == lasts


@pytest.mark.parametrize(
    "words", ["", "12", "h", "0h", "-1h", "1.5h", "1w", "12h30m", "367d", "1000000d", "٣h ago"]
)
def test_anything_else_is_no_ttl(words: str) -> None:
    with pytest.raises(InvalidInput):
        parse_ttl(words)


def test_an_address_is_the_same_in_any_case() -> None:
    assert new_address(" Ann@House.Example\n").key == account_key("ANN@house.example ")


@pytest.mark.parametrize(
    "email",
    [
        "ann", "@house.example", "ann@", "a@b@c", "group:hr", "everyone", "public",
        "ann smith@house.example", "ann\t@house.example", "ann\x00@house.example",
        "ann\u200b@house.example", "ann\u202e@house.example", "a" * 250 + "@b.example",
    ],
)  # fmt: skip
def test_what_is_no_address_or_looks_like_another_becomes_no_account(email: str) -> None:
    with pytest.raises(InvalidInput):
        new_address(email)


@pytest.mark.parametrize("typed", ["ann\x00@house.example", "\ud800@house.example"])
def test_whatever_is_typed_can_be_looked_for_and_is_nobody(typed: str) -> None:
    key = account_key(typed)
    assert "\x00" not in key
    assert key.encode("utf-8")
    assert key != "ann@house.example"


async def test_the_same_characters_are_the_same_password() -> None:
    composed, decomposed = "caf\u00e9 au lait", "cafe\u0301 au lait"
    stored = await hash_password(composed)
    assert await matches(stored, decomposed)
    assert not await matches(stored, "cafe au lait")


async def test_a_hash_is_salted_and_no_password_matches_none() -> None:
    first, second = await hash_password("a long password"), await hash_password("a long password")
    assert first != second
    assert first.startswith("$argon2id$")
    assert not outdated(first)
    assert not await matches(None, "the password of nobody")
    assert not await matches("not a hash", "a long password")
