"""Each of our recognisers alone: what it finds, and what it must leave."""

from __future__ import annotations

import pytest

from app.inference.recognisers.base import Recogniser
from app.inference.recognisers.named import NamedValues
from app.inference.recognisers.national import NationalIds
from app.inference.recognisers.phones import Phones
from app.inference.recognisers.places import Places
from app.inference.recognisers.secrets import Secrets

# presidio brings torch along
pytestmark = pytest.mark.integration


def found(recogniser: Recogniser, text: str) -> set[tuple[str, str]]:
    """Types and values."""
    wanted = frozenset(recogniser.TYPES)
    return {(type_, text[start:end]) for type_, start, end, _ in recogniser.hits(text, wanted)}


def values(recogniser: Recogniser, text: str) -> list[str]:
    return sorted(value for _, value in found(recogniser, text))


PUBLISHED = [
    # the numbers that the authorities and their encyclopaedia entries give as examples
    ("FR_NIR", "2 55 08 14 168 025 38"), ("NL_BSN", "111222333"), ("BE_NRN", "85.07.30-033 28"),
    ("BR_CPF", "111.444.777-35"), ("CH_AHV", "756.9217.0769.85"), ("IE_PPSN", "1234567T"),
    ("IE_PPSN", "1234567FA"), ("CN_RIC", "11010519491231002X"), ("AT_SVNR", "1237 010180"),
]  # fmt: skip
NAMES = {"NL_BSN": "BSN ", "AT_SVNR": "SVNR "}


@pytest.mark.parametrize(("type_", "number"), PUBLISHED)
def test_a_national_number_is_found_where_its_check_holds(type_: str, number: str) -> None:
    text = f"{NAMES.get(type_, '')}{number} is on file."
    assert (type_, number) in found(NationalIds(), text)


@pytest.mark.parametrize(("type_", "number"), PUBLISHED)
def test_with_another_digit_it_is_not(type_: str, number: str) -> None:
    at = next(n for n, char in enumerate(number) if n > 1 and char.isdigit())
    wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
    assert type_ not in {t for t, _ in found(NationalIds(), f"{NAMES.get(type_, '')}{wrong}.")}


@pytest.mark.parametrize(("type_", "number"), [p for p in PUBLISHED if p[0] in NAMES])
def test_a_number_without_shape_needs_its_name(type_: str, number: str) -> None:
    assert found(NationalIds(), f"Part {number} is on the shelf.") == set()


@pytest.mark.parametrize(
    "number",
    [
        "+44 20 7946 0958", "(212) 555-0182", "+49 (0)30 901820", "212-456-7890", "555-0100",
        "07700 900118", "+1 212 555 0182 x42",
    ],
)  # fmt: skip
def test_a_telephone_is_found_where_words_call_it_one(number: str) -> None:
    assert values(Phones(), f"Call me at {number} tomorrow.") == [number]


def test_telephones_in_a_row_are_each_found() -> None:
    row = "212-456-7890 212-456-7891 212-456-7892"
    assert values(Phones(), f"Numbers: {row}") == row.split()


@pytest.mark.parametrize(
    "said",
    [
        "on 2024-05-06 we", "from 2019-2021 we", "the host 192.168.10.12 is",
        "a sum of 1.250.000 in", "invoice 2129-4567 of", "card 4111 1111 1111 1111 is",
        "version 12.0.1234567 of", " ".join("1234567"), "0.1234567 of", "ticket 8675309 in",
    ],
)  # fmt: skip
def test_other_numbers_are_no_telephones(said: str) -> None:
    assert values(Phones(), said) == []


# put together here, so that nobody's scanner takes them for somebody's
KEYS = [
    "AKIA" + "ABCDEFGH12345678", "ghp_" + "a1B2" * 9, "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "xoxb-" + "1234567890-abcdef", "sk_live_" + "a1B2c3D4e5F6g7H8", "AIza" + "a1B2c" * 7,
    "npm_" + "a1B2" * 9, "hf_" + "aB" * 17, "eyJhbGciOiJI." + "eyJzdWIiOiIx." + "c2lnbmVk",
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=[key[:5] for key in KEYS])
def test_a_secret_is_found_by_its_format(key: str) -> None:
    assert values(Secrets(), f"We use {key} for the build.") == [key]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password: hunter2hunter", "hunter2hunter"), ("API_KEY='abc123def'", "abc123def"),
        ("the client secret is 9f8e7d6c.", "9f8e7d6c"),
        ("Authorization: Bearer a1b2c3d4", "a1b2c3d4"), ("postgres://app:s3cret!@db/x", "s3cret!"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
         "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"),
    ],
)  # fmt: skip
def test_a_secret_is_found_by_what_stands_before_it(text: str, secret: str) -> None:
    assert secret in values(Secrets(), text)


@pytest.mark.parametrize(
    "text",
    [
        "The password is required.", "password: ${PASSWORD}", "token: <your-token>",
        "API_KEY=xxxxxxxx", "a secret is something that nobody else knows",
    ],
)  # fmt: skip
def test_what_only_speaks_of_secrets_stays(text: str) -> None:
    assert values(Secrets(), text) == []


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("My driver's license number is F162823540116", ("US_DRIVER_LICENSE", "F162823540116")),
        ("passport no. 912345678", ("US_PASSPORT", "912345678")),
        ("Employee ID: E-10422", ("EMPLOYEE_ID", "E-10422")),
        ("tax id 12-3456789", ("TAX_ID", "12-3456789")),
        ("medical record number 00412345", ("HEALTH_ID", "00412345")),
    ],
)
def test_a_value_is_found_after_its_name(text: str, hit: tuple[str, str]) -> None:
    assert hit in found(NamedValues(), text)


@pytest.mark.parametrize("text", ["Bring your passport by 2024", "the passport is valid"])
def test_a_name_without_a_value_is_none(text: str) -> None:
    assert values(NamedValues(), text) == []


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("at 12 Cherry Tree Lane, London", ("STREET_ADDRESS", "12 Cherry Tree Lane")),
        ("in der Hauptstraße 5 wohnt", ("STREET_ADDRESS", "Hauptstraße 5")),
        ("to P.O. Box 1234", ("STREET_ADDRESS", "P.O. Box 1234")),
        ("London SW1A 2AA", ("ZIP_CODE", "SW1A 2AA")),
        ("the zip code is 90210", ("ZIP_CODE", "90210")),
    ],
)
def test_an_address_is_found(text: str, hit: tuple[str, str]) -> None:
    assert hit in found(Places(), text)
