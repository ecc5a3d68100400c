"""Which kinds of source there are, and what the config of each must say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.catalog.atlassian_config import wrong_confluence, wrong_jira
from app.catalog.drive_config import wrong_drive
from app.catalog.github_config import wrong_github
from app.catalog.gitlab_config import wrong_gitlab
from app.catalog.s3_config import wrong_s3
from app.catalog.sharepoint_config import wrong_sharepoint
from app.catalog.slack_config import wrong_slack
from app.domain.accounts import AccountRules
from app.domain.source import Schedule
from app.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Need:
    """Exactly one of `keys`, of this type and not empty; `what` it says."""

    keys: tuple[str, ...]
    of_type: type
    what: str


_OWNER = Need(("owner",), str, "the e-mail address of whose mail it is")
KINDS: Mapping[str, tuple[Need, ...]] = {
    "confluence": (
        Need(("url",), str, "the site's address"),
        Need(("deployment",), str, "cloud or data_center"),
    ),
    "drive": (Need(("folders",), list, "which folders or shared drives to read, by their ids"),),
    "filesystem": (Need(("path",), str, "the folder to read"),),
    "git": (
        Need(("path", "url"), str, "the repository, in a folder here or on a server"),
        Need(("rules",), list, "who may read which paths"),
    ),
    "github": (Need(("repositories",), list, "which repositories to read, as OWNER/NAME"),),
    "gitlab": (Need(("projects",), list, "which projects to read, as GROUP/NAME"),),
    "imap": (
        Need(("host",), str, "the name of the mail server"),
        Need(("port",), int, "its port, 993 mostly"),
        Need(("user",), str, "the name to log in with"),
        _OWNER,
    ),
    "jira": (
        Need(("url",), str, "the site's address"),
        Need(("deployment",), str, "cloud or data_center"),
    ),
    "mailbox": (Need(("path",), str, "the folder or file to read"), _OWNER),
    "push": (),
    "s3": (Need(("bucket",), str, "its name"),),
    "sharepoint": (
        Need(("tenant",), str, "the directory's id or domain"),
        Need(("client_id",), str, "the id of the app registration"),
        Need(("site", "user"), str, "the address of a site, or whose OneDrive it is"),
    ),
    "slack": (),
    "sql": (
        Need(("url",), str, "the database, without its password"),
        Need(("query",), str, "which gives the documents"),
        Need(("acl_query",), str, "which says who may read them"),
    ),
    "web": (Need(("start",), str, "the address of the first page"),),
}
"""`push` is what others send; all others are synced."""

_BY_PAGE = frozenset("drive github gitlab jira slack web".split())
_WRONG: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "confluence": wrong_confluence,
    "drive": wrong_drive,
    "github": wrong_github,
    "gitlab": wrong_gitlab,
    "jira": wrong_jira,
    "s3": wrong_s3,
    "sharepoint": wrong_sharepoint,
    "slack": wrong_slack,
}
"""What says how a config is wrong, beyond what is needed of it."""


def schedule_for(kind: str, asked: Schedule) -> Schedule:
    """What is asked for, and for the rest what is usual: some are asked page by page."""
    sync, permissions = (240, 60) if kind in _BY_PAGE else (None, None)
    return Schedule(
        sync if asked.sync_minutes is None else asked.sync_minutes,
        permissions if asked.permission_minutes is None else asked.permission_minutes,
    )


def reads_local(kind: str, config: Mapping[str, Any]) -> bool:
    """Whether it is read from the machine of the worker."""
    return bool(config.get("path")) or (
        kind == "sql" and not str(config.get("url", "")).startswith("postgresql://")
    )


def check_config(kind: str, config: Mapping[str, Any]) -> None:
    """Raises InvalidInput naming what is missing, or wrong."""
    if kind not in KINDS:
        raise InvalidInput(f"unknown kind of source {kind!r}; there is {', '.join(KINDS)}")
    for need in KINDS[kind]:
        given = [key for key in need.keys if config.get(key)]
        if len(given) != 1 or not isinstance(config[given[0]], need.of_type):
            named = " or config.".join(need.keys)
            raise InvalidInput(f"a source of kind {kind} needs config.{named}, {need.what}")
    if _OWNER in KINDS[kind] and config["owner"].count("@") != 1:
        raise InvalidInput("config.owner must be the e-mail address of whose mail it is")
    if kind == "imap" and config.get("tls") not in (None, "none"):
        raise InvalidInput("leave config.tls out; 'none' is only for a server on this machine")
    if kind == "filesystem" and config.get("acl") not in (None, "posix"):
        raise InvalidInput("config.acl is posix, or is left out where sidecars say who may read")
    if kind in _WRONG and (wrong := _WRONG[kind](config)):
        raise InvalidInput(wrong)
    if "accounts" in config:
        _check_accounts(kind, config["accounts"])


def _check_accounts(kind: str, said: Any) -> None:
    if kind == "push":
        raise InvalidInput(
            "a source of kind push takes no config.accounts; those who push to it name people as"
            " they are called here"
        )
    try:
        AccountRules.read(said)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
