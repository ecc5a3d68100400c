"""Logs: one JSON object a line on standard error, without anything that people wrote.

A slip must not leak, so fields that could hold words of documents, questions or answers, or
secrets, are dropped here whatever a caller passes. Of what libraries log, the place is kept and,
where it is a template, the sentence; its arguments and tracebacks may hold anything.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

FORBIDDEN = frozenset(
    {"answer", "authorization", "body", "content", "cookie", "draft", "exc_info", "key",
     "passage", "password", "prompt", "query", "question", "quote", "secret", "text", "title",
     "token"}
)  # fmt: skip
"""Names of fields that are never logged."""


def drop_forbidden(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace the values of forbidden fields, at any depth of mappings and sequences."""
    return {name: _without(name, value) for name, value in event.items()}


def _without(name: str, value: Any) -> Any:
    if name.lower() in FORBIDDEN:
        return "(dropped)"
    if isinstance(value, dict):
        return {inner: _without(str(inner), deeper) for inner, deeper in value.items()}
    if isinstance(value, list | tuple):
        return [_without("", deeper) for deeper in value]
    return value


class Libraries(logging.Handler):
    """Takes what libraries log over into our own log."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"logger": record.name, "place": f"{record.module}:{record.lineno}"}
        if record.args and isinstance(record.msg, str):
            fields["sentence"] = record.msg
        if record.exc_info and record.exc_info[0] is not None:
            fields["kind"] = record.exc_info[0].__name__
        log = structlog.get_logger()
        report = log.error if record.levelno >= logging.ERROR else log.warning
        report("library", **fields)


def configure_logs(level: int = logging.INFO) -> None:
    """Set logging up for this process; libraries' warnings go the same way."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            drop_forbidden,
            # what JSON has no word for is named by its type: its repr could hold anything
            structlog.processors.JSONRenderer(default=lambda value: f"({type(value).__name__})"),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, handlers=[Libraries()], force=True)
