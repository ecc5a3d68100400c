"""The text of scanned pages, as tesseract reads it in their pictures."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pypdfium2

from app.domain.document import Element
from ingestion.parse.reading import Reading

DOTS = 200
"""Per inch; tesseract's manual asks for 300, half of whose time this takes."""
LARGEST = 6_000
"""Dots on the longer side: a page may state any size."""
SECONDS = 60
"""For one page."""


def reader() -> str | None:
    """The path of tesseract, where text in pictures can be read."""
    return shutil.which("tesseract")


def recognised(
    tesseract: str, content: bytes, pages: Iterable[int], reading: Reading
) -> Iterator[Element]:
    """The paragraphs of these pages of a PDF, numbered from 1, in the order of the numbers."""
    with tempfile.TemporaryDirectory() as folder, pypdfium2.PdfDocument(content) as document:
        for number in pages:
            page = document[number - 1]
            scale = min(DOTS / 72, LARGEST / max(*page.get_size(), 1))
            picture = Path(folder, "page.png")
            page.render(scale=scale, grayscale=True).to_pil().save(picture)
            page.close()
            for paragraph in _read(tesseract, picture).split("\n\n"):
                yield Element("text", reading.clean(" ".join(paragraph.split())), number)


def _read(tesseract: str, picture: Path) -> str:
    """Nothing where tesseract finds the picture unreadable."""
    done = subprocess.run(
        [tesseract, str(picture), "stdout", "-l", "eng", "--psm", "1"],
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
