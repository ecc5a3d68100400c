"""Who may read a repository's issues: its collaborators, as GitHub works them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.accounts import source_user
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef
from ingestion.problem import DocumentProblem
from ingestion.sources import SourceUnreadable

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_EVERYONE = Acl(frozenset((PrincipalRef(PrincipalKind.EVERYONE),)))


def open_to_all(repository: Mapping[str, Any], config: Mapping[str, Any]) -> Acl | None:
    """The ACL of a repository that its config opens to everyone here; None of any other."""
    private, visibility = repository.get("private"), repository.get("visibility")
    if private is False and visibility == "public" and config.get("public") == "everyone":
        return _EVERYONE
    if private is True and visibility == "internal" and config.get("internal") == "everyone":
        return _EVERYONE
    return None


def readers(collaborators: Iterable[Mapping[str, Any]]) -> tuple[Acl, DocumentProblem | None]:
    """Raises SourceUnreadable for what is no collaborator."""
    allow, untold = set[PrincipalRef](), set[str]()
    for one in collaborators:
        login, held = one.get("login"), one.get("permissions")
        if not isinstance(login, str) or not login:
            raise SourceUnreadable("GitHub lists a collaborator that is none; look at it")
        if one.get("type") == "Bot":
            continue
        ref = _user(login) if one.get("type") == "User" else None
        if ref is None or not isinstance(held, dict) or held.get("pull") is not True:
            untold.add(login)
        else:
            allow.add(ref)
    if not untold:
        return Acl(frozenset(allow)), None
    return Acl(frozenset(allow)), DocumentProblem(
        "acl",
        f"{len(untold)} of its collaborators cannot read it here: GitHub does not say that they may"
        " read there, or who they are",
        "look at the collaborators of the repository",
    )


def _user(login: str) -> PrincipalRef | None:
    if not _LOGIN.fullmatch(login):
        return None
    try:
        return source_user(login)
    except ValueError:
        return None
