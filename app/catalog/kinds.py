"""Which kinds of source there are, and what the config of each must say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.catalog.atlassian_config import wrong_confluence
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


def schedule_for(kind: str, asked: Schedule) -> Schedule:
    """What is asked for, and for the rest what is usual: some are asked page by page."""
    by_page = kind in ("drive", "github", "gitlab", "slack", "web")
    sync, permissions = (240, 60) if by_page else (None, None)
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
    if kind == "confluence" and (wrong := wrong_confluence(config)):
        raise InvalidInput(wrong)
    if kind == "github" and (wrong := wrong_github(config)):
        raise InvalidInput(wrong)
    if kind == "gitlab" and (wrong := wrong_gitlab(config)):
        raise InvalidInput(wrong)
    if kind == "s3" and (wrong := wrong_s3(config)):
        raise InvalidInput(wrong)
    if kind == "sharepoint" and (wrong := wrong_sharepoint(config)):
        raise InvalidInput(wrong)
    if kind == "drive" and (wrong := wrong_drive(config)):
        raise InvalidInput(wrong)
    if kind == "slack" and (wrong := wrong_slack(config)):
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
