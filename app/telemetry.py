"""Logs: one JSON object a line on standard error, without anything that people wrote.

A slip must not leak, so fields that could hold words of documents, questions or answers, or
secrets, are dropped here whatever a caller passes.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

FORBIDDEN = frozenset(
    {"answer", "authorization", "body", "content", "cookie", "draft", "key", "passage",
     "password", "prompt", "query", "question", "quote", "secret", "text", "title", "token"}
)  # fmt: skip
"""Names of fields that are never logged."""


def drop_forbidden(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace the values of forbidden fields, at any depth of nested mappings."""
    return {
        name: "(dropped)"
        if name.lower() in FORBIDDEN
        else drop_forbidden(logger, method, value)
        if isinstance(value, dict)
        else value
        for name, value in event.items()
    }


def configure_logs(level: int = logging.INFO) -> None:
    """Set logging up for this process; libraries' own warnings go the same way."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            drop_forbidden,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
