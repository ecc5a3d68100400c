"""The config of a source on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.configured import configured
from app.errors import InvalidInput


def test_words_go_over_the_file_and_json_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "mail.yaml"
    file.write_text("host: mail.house.example\nport: 143\n", encoding="utf-8")
    said = ["port=993", 'domains=["house.example"]', "query=select 1 = 1", "user="]
    assert configured(file, said) == {
        "host": "mail.house.example",
        "port": 993,
        "domains": ["house.example"],
        "query": "select 1 = 1",
        "user": "",
    }
    assert configured(None, []) == {}


@pytest.mark.parametrize("content", ["- a list", "{", "1: x", "just words", "\0"])
def test_a_file_that_is_no_config_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "config"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match="config"):
        configured(file, [])


@pytest.mark.parametrize("word", ["", "port", "=993"])
def test_a_word_that_sets_nothing_is_refused(tmp_path: Path, word: str) -> None:
    with pytest.raises(InvalidInput, match="KEY=VALUE"):
        configured(None, [word])
    with pytest.raises(InvalidInput, match="cannot be read"):
        configured(tmp_path / "nowhere", [])
