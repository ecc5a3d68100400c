"""A slip in a log call leaks nothing."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from app.telemetry import FORBIDDEN, drop_forbidden

SLIP = "the salary is 90,000"


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_a_forbidden_field_is_dropped_however_deep_it_lies(name: str) -> None:
    event = {
        "event": "slipped",
        name: SLIP,
        "a": {name.upper(): SLIP, "b": [{name: SLIP}, ({name: [SLIP]},)]},
    }
    left = drop_forbidden(None, "info", event)
    assert SLIP not in json.dumps(left)
    assert left["event"] == "slipped"


def test_what_is_harmless_stays() -> None:
    event = {"event": "job_done", "job": "j", "counts": {"embedded": 3}, "names": ["a", "b"]}
    assert drop_forbidden(None, "info", event) == event


WRITER = f"""
import logging
import structlog
from app.telemetry import configure_logs

configure_logs()
structlog.contextvars.bind_contextvars(request="r-1")
structlog.get_logger().info("asked", question={SLIP!r}, passage=[{SLIP!r}], seconds=0.5)
structlog.get_logger().warning("shown", thing=ValueError({SLIP!r}))
structlog.get_logger().debug("too fine")
library = logging.getLogger("some.library")
library.warning("could not read %s", {SLIP!r})
library.error(f"could not read {SLIP}")
library.info("too fine")
try:
    raise KeyError({SLIP!r})
except KeyError:
    library.exception("broke with %s", {SLIP!r})
    structlog.get_logger().exception("broke_too")
"""


def test_every_line_is_json_without_what_people_wrote() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITER], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert SLIP not in done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == [
        "asked", "shown", "library", "library", "library", "broke_too",
    ]  # fmt: skip
    assert all(line["request"] == "r-1" and line["timestamp"].endswith("Z") for line in lines)
    assert lines[0]["seconds"] == 0.5
    assert lines[2]["sentence"] == "could not read %s"
    assert "sentence" not in lines[3], "it may have been made with an f-string"
    assert [line["level"] for line in lines[2:5]] == ["warning", "error", "error"]
    assert lines[4]["kind"] == "KeyError"
    assert lines[4]["logger"] == "some.library"


def test_this_process_keeps_its_own_logging() -> None:
    """The set-up is for processes of ours; importing it changes nothing."""
    assert "Libraries" not in [type(handler).__name__ for handler in logging.getLogger().handlers]
