"""`portcullis inspect` shows what would be indexed, without any service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import portcullis

# the processes that read documents load presidio
pytestmark = pytest.mark.integration

SAID = "Caf\u00e9:  call 212-456-7890.\r\n\r\nCard 4111 1111 1111 1111 is\u200b ours.\n"


def test_entities_count_in_a_plain_file_and_values_are_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(SAID.encode())
    code, out, _ = portcullis("inspect", "--json", str(file))
    found = json.loads(out)
    values = {entity["type"]: SAID[entity["start"] : entity["end"]] for entity in found["entities"]}
    assert values == {"PHONE_NUMBER": "212-456-7890", "CREDIT_CARD": "4111 1111 1111 1111"}
    assert found["redacted"] == "Caf\u00e9: call [PHONE NUMBER 1].\n\nCard [CREDIT CARD 1] is ours."
    assert found["evidence"] == ["internal is the default", "not read: 1 zero-width characters"]
    assert (code, found["classification"]) == (0, "internal")


def test_people_see_why_and_what(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("# Pay\n\nCall 212-456-7890.\n")
    code, out, _ = portcullis("inspect", "--floor", "confidential", str(file))
    assert code == 0
    for words in (
        "1 title, 1 text",
        "since its source says confidential",
        "replaced        nothing",
    ):
        assert words in out


def test_a_file_that_cannot_be_read_stops_no_other(tmp_path: Path) -> None:
    broken, sound = tmp_path / "a.pdf", tmp_path / "b.txt"
    broken.write_bytes(b"%PDF-1.4\nrubbish")
    sound.write_text("words")
    code, out, _ = portcullis("inspect", "--json", str(broken), str(sound))
    first, second = map(json.loads, out.splitlines())
    assert (code, second["redacted"]) == (1, "words")
    assert first["problem"]["advice"] == "open it in its own program, save it again, and sync"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("inspect", "/nowhere.txt"), "/nowhere.txt is no file"),
        (("inspect", "--floor", "secret", __file__), "'secret' is no classification"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(words: tuple[str, ...], told: str) -> None:
    code, out, err = portcullis(*words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert told in err
