"""What the config of a source of kind `drive` may say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.catalog.endpoint import is_endpoint

ID = r"[A-Za-z0-9_-]{5,100}"
_KEYS = {
    *("folders", "subject", "public_links", "everyone_domains"),
    *("endpoint", "token_endpoint", "accounts"),
}


def wrong_drive(config: Mapping[str, Any]) -> str:
    """What is wrong, for whoever registers it; empty where nothing is."""
    if unknown := set(config) - _KEYS:
        return f"a drive source has no config.{min(unknown)}"
    if not _lists(config["folders"], lambda said: bool(re.fullmatch(ID, said))):
        return "config.folders is a list of ids of folders or shared drives, as their links have"
    subject = config.get("subject", "a@b")
    if not isinstance(subject, str) or not re.fullmatch(r"[!-~]+", subject) or "@" not in subject:
        return "config.subject is the e-mail address of whom the service account stands for"
    if config.get("public_links") not in (None, "everyone"):
        return "config.public_links is everyone, or is left out where a link lets nobody in"
    domains = config.get("everyone_domains", ["a"])
    if not _lists(domains, lambda said: bool(re.fullmatch(r"[a-z0-9.-]+", said))):
        return "config.everyone_domains is a list of domains, in lower case"
    for key in ("endpoint", "token_endpoint"):
        if key in config and not is_endpoint(config[key]):
            return f"config.{key} is an https address; leave it out for Google's own"
    return ""


def _lists(said: Any, sound: Callable[[str], bool]) -> bool:
    if not isinstance(said, list) or not said:
        return False
    return all(isinstance(one, str) and sound(one) for one in said)
