"""Which connector reads which kind of source."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.accounts import Mapped, account_rules
from ingestion.sources import Connector, SourceUnreadable
from ingestion.sources.atlassian.confluence import Confluence
from ingestion.sources.atlassian.jira import Jira
from ingestion.sources.drive import Drive
from ingestion.sources.filesystem import Filesystem
from ingestion.sources.forge.github import GitHub
from ingestion.sources.forge.gitlab import GitLab
from ingestion.sources.git import Git
from ingestion.sources.imap import Imap
from ingestion.sources.mailbox import Mailbox
from ingestion.sources.reach import Reach
from ingestion.sources.s3 import S3
from ingestion.sources.sharepoint.connector import SharePoint
from ingestion.sources.slack import Slack
from ingestion.sources.sql import Sql
from ingestion.sources.sql_database import SqlDatabase
from ingestion.sources.web.connector import Web


@dataclass(frozen=True, slots=True)
class Access:
    """What a connector is given besides its source's config: the `levels` of classification, how
    large a document may be, what may be reached, the source's secret where it has one, its `memory`
    where one is kept: what its connector noted there at earlier scans, by names of its own; and a
    `cache` folder, below which copies may be kept between jobs."""

    levels: tuple[str, ...]
    max_bytes: int
    reach: Reach
    secret: str | None = field(default=None, repr=False)
    memory: MutableMapping[str, str] | None = field(default=None, repr=False)
    cache: Path | None = None


def connector(kind: str, config: Mapping[str, Any], access: Access) -> Connector:
    """What reads a source; its ACLs name people as they are called here. Raises SourceUnreadable
    for a kind that this version does not read, and for account rules that are wrong."""
    # the users of a machine are no addresses
    if "accounts" in config or config.get("acl") == "posix":
        rules = account_rules(config)
        return Mapped(_reader(kind, config, access), rules)
    return _reader(kind, config, access)


def _reader(kind: str, config: Mapping[str, Any], access: Access) -> Connector:
    if kind == "drive":
        return Drive(config, access)
    if kind == "filesystem":
        return Filesystem(config, access.levels, access.max_bytes)
    if kind == "git":
        return Git.of(
            config, access.levels, access.max_bytes, access.reach, access.secret, access.cache
        )
    if kind == "github":
        return GitHub(config, access)
    if kind == "gitlab":
        return GitLab(config, access)
    if kind == "confluence":
        return Confluence(config, access)
    if kind == "jira":
        return Jira(config, access)
    if kind == "s3":
        return S3(config, access)
    if kind == "sharepoint":
        return SharePoint(config, access)
    if kind == "slack":
        return Slack(config, access)
    if kind == "sql":
        database = SqlDatabase(str(config.get("url", "")), access.secret, access.reach)
        return Sql(config, access.levels, access.max_bytes, database)
    if kind == "web":
        return Web(config, access.max_bytes, access.reach, access.memory)
    if kind == "mailbox":
        return Mailbox(config, access.max_bytes)
    if kind == "imap":
        return Imap(config, access.max_bytes, access.reach, access.secret)
    raise SourceUnreadable(f"sources of kind {kind!r} are not read by this version")
