"""Wrong usage is told like every other error: one line on standard error, and exit code 2."""

from __future__ import annotations

import sys

import pytest

from app.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["portcullis", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ask", "hi"), "missing option '--as' (see `portcullis ask --help`)"),
        (("user", "lst"), "no such command 'lst'. Did you mean 'list'?"),
        (("search", "--as", "a@b.example", "--by", "luck", "x"), "'luck' is not one of 'both'"),
        (("up", "--nope"), "no such option: --nope"),
    ],
)
def test_wrong_usage_is_one_line(
    words: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, *words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("portcullis: ")
    assert said in err
    assert err.count("\n") == 1


def test_what_ends_well_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "version") == 0
    assert capsys.readouterr().err == ""
    assert run(monkeypatch, "user", "--help") == 0
