"""The text of an issue: its description, and the comments that whoever reads it may read."""

from __future__ import annotations

from html import escape
from typing import Any

from ingestion.sources.atlassian.door import Refused
from ingestion.sources.atlassian.paging import numbered
from ingestion.sources.atlassian.said import text
from ingestion.sources.atlassian.tracker import Issue, Tracker, parsed

_LIMIT = 100
_FIELDS = "summary,description,updated,project,security,issuerestriction"
_INTERNAL = "sd.public.comment"


def html(tracker: Tracker, issue: Issue, levels: bool, desk: bool) -> bytes | None:
    """None where the issue is not as it was listed. Raises Refused, SourceUnreadable, and what
    reading a strange answer raises."""
    path = f"{tracker.api}/issue/{issue.id}"
    said = numbered(
        tracker.door, f"{path}/comment", "comments", expand="properties", maxResults=_LIMIT
    )
    comments = [_comment(tracker, comment) for comment in said if _is_open(comment, desk)]
    # asked for after the comments: what was added since it was restricted is not let through
    answer = tracker.door.json(path, fields=_FIELDS)
    now = parsed(tracker, answer, levels)
    if now.id != issue.id:
        raise Refused(404)
    if (now.updated, now.project, now.level, now.closed) != (
        issue.updated,
        issue.project,
        issue.level,
        issue.closed,
    ):
        return None
    body = tracker.html(answer["fields"].get("description"))
    if comments:
        body += "".join(["<h2>Comments</h2>", *comments])
    head = f'<meta charset="utf-8"><title>{escape(now.title)}</title>'
    page = f"<!DOCTYPE html><html><head>{head}</head><body>{_heading(now)}{body}</body></html>"
    return page.encode("utf-8", "replace")


def _heading(issue: Issue) -> str:
    return f"<h1>{escape(f'{issue.key}: {issue.title}')}</h1>"


def _is_open(comment: Any, desk: bool) -> bool:
    """Whether whoever may read the issue may read it; at a service desk only where that is said."""
    if comment.get("visibility") is not None:
        return False
    said = [comment["jsdPublic"]] if "jsdPublic" in comment else []
    properties = comment.get("properties") or ()
    values = [kept["value"] for kept in properties if kept["key"] == _INTERNAL]
    said += [value.get("internal") is False for value in values]
    return all(public is True for public in said) and (bool(said) or not desk)


def _comment(tracker: Tracker, comment: Any) -> str:
    author, when = comment.get("author") or {}, text(comment["created"])[:10]
    by = escape(f"{text(author.get('displayName') or '')}, {when}")
    return f"<p><strong>{by}</strong></p>{tracker.html(comment['body'])}"
