"""What the product logs while a suite asks, as it logs it in production."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import structlog

from app.telemetry import configure_logs


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Everything from the least severe line on, into a text instead of to standard error."""
    lines = io.StringIO()
    before, handlers, level = (
        structlog.get_config(), list(logging.root.handlers), logging.root.level
    )  # fmt: skip
    with redirect_stderr(lines):  # only for as long as the log asks where to write
        configure_logs(logging.DEBUG)
    try:
        yield lines
    finally:
        structlog.configure(**before)
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
