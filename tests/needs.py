"""Say which tests cannot run here, and why; in CI that is a failure.

`python -m tests.needs` before the tests, `--again` after them, where people look.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from evals.ground.data import DATA
from ingestion.landlock import version

CONFINING = 6
"""The version of Landlock that keeps signals and sockets in, too."""


def browser() -> str | None:
    """The path of Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def dovecot() -> str | None:
    """The path of Dovecot, or None."""
    return shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot")


def data(name: str) -> Path | None:
    """The folder of a data set, or None."""
    folder = DATA / name
    return folder if folder.is_dir() else None


def missing() -> list[str]:
    """One line for each thing without which tests are skipped."""
    lines = []
    if browser() is None:
        lines.append("no Chromium: the browser tests are skipped (Debian: apt install chromium)")
    if shutil.which("tesseract") is None:
        lines.append(
            "no tesseract: the test of scanned pages is skipped (Debian: apt install tesseract-ocr)"
        )
    if version() < CONFINING:
        lines.append("no Landlock 6 in this kernel: tests of what a parser may open are skipped")
    if dovecot() is None:
        lines.append(
            "no Dovecot: the tests of IMAP are skipped (Debian: apt install dovecot-imapd)"
        )
    lines += [
        f"no data set '{name}': its tests are skipped (set PORTCULLIS_DATA to the folder of it)"
        for name in ("handbook", "company")
        if data(name) is None
    ]
    return lines


def main() -> int:
    lines = missing()
    for line in lines:
        sys.stdout.write(f"skipped here: {line}\n")
    if lines and os.environ.get("CI") == "true":
        sys.stdout.write("In CI nothing may be skipped.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
