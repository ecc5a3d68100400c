"""What would change a decision, as sentences for whoever can see to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.authz.policy import Policy
from app.domain.explanation import (
    AclLease,
    Clearance,
    ExplainedDocument,
    ExplainedUser,
    GrantPath,
    Standing,
)

MOST = 10
"""Of so many groups the names are told; of the others, how many there are."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything that a decision stands on. `denied_by` names, for each group that policy gives
    the document's classification to, the denies that would reach the user as its member."""

    user: ExplainedUser
    document: ExplainedDocument
    grants: tuple[GrantPath, ...]
    clearances: tuple[Clearance, ...]
    lease: AclLease | None
    policy: Policy
    denied_by: Mapping[str, tuple[GrantPath, ...]]


def changes(found: Gathered, *, readable: bool) -> tuple[str, ...]:
    """Where the document is not readable: all of these together would open it. Where it is: each
    of these alone would close it."""
    return tuple(_closing(found) if readable else _opening(found))


def _opening(found: Gathered) -> Iterator[str]:
    user, document = found.user, found.document
    if user.standing is Standing.UNKNOWN:
        yield f"{user.email} is unknown: the directory or an admin would have to add the account"
    if user.standing is Standing.DISABLED:
        yield f"the account {user.email} would have to be enabled"
    if document.source_removed_at is not None:
        yield (
            f"the source {document.source!r} was removed on"
            f" {document.source_removed_at:%Y-%m-%d %H:%M} UTC: it would have to be registered"
            " again and bring the document"
        )
    elif document.deleted_at is not None:
        yield (
            f"the document was deleted on {document.deleted_at:%Y-%m-%d %H:%M} UTC: its source"
            f" {document.source!r} would have to bring it again"
        )
    elif not document.indexed:
        yield f"the document is {document.state}: it would have to be indexed"
    allowed = [grant for grant in found.grants if grant.effect == "allow"]
    if not allowed:
        yield (
            f"no grant reaches this user: {_an_allow(user)} would have to be added to"
            f" {_acl(document)}"
        )
    for grant in found.grants:
        if grant.effect == "deny":
            yield _end(grant, document)
    yield from _clearance(found)
    lease = None if all(clearance.redacted for clearance in found.clearances) else found.lease
    if lease is not None and lease.ended and lease.ends_at is not None:
        yield (
            f"the source {document.source!r} has to confirm its ACLs: the last time was"
            f" {lease.confirmed_at:%Y-%m-%d %H:%M} UTC, and that held until"
            f" {lease.ends_at:%Y-%m-%d %H:%M} UTC"
        )


def _clearance(found: Gathered) -> Iterator[str]:
    """What policy would have to be satisfied with; once where it is the same for each purpose.
    Nothing where a redacted rendition is there for whom it does not let read the full one."""
    level = found.document.classification
    if level is None:
        yield "the document has no classification before it is indexed"
        return
    sentences = {
        clearance.purpose: tuple(_for_purpose(found, level, clearance.purpose))
        for clearance in found.clearances
        if not clearance.enough and not clearance.redacted
    }
    same = len(set(sentences.values())) == 1 and len(sentences) == len(found.clearances)
    for purpose, told in sentences.items():
        for sentence in told:
            yield sentence if same else f"for the purpose {purpose}: {sentence}"
        if same:
            return


def _for_purpose(found: Gathered, level: str, purpose: str) -> Iterator[str]:
    held = {"everyone", f"role:{found.user.role or 'employee'}", *found.user.groups}
    givers = found.policy.holders(level, purpose, "allow")
    if not givers:
        yield f"policy gives the classification {level} to nobody: a rule would have to"
    elif not held.intersection(givers):
        yield f"user needs the classification {level}, which policy gives to " + " or ".join(
            _giver(found, giver) for giver in givers
        )
    for taker in found.policy.holders(level, purpose, "deny"):
        if taker in held:
            yield (
                f"policy keeps {taker} from the classification {level}: that rule would have to end"
            )


def _giver(found: Gathered, giver: str) -> str:
    denies = found.denied_by.get(giver, ())
    if not denies:
        return giver
    ends = " and ".join(_end(deny, found.document) for deny in denies)
    return f"{giver} (as its member, {ends} too)"


def _closing(found: Gathered) -> Iterator[str]:
    document = found.document
    allows = [grant for grant in found.grants if grant.effect == "allow"]
    if len(allows) == 1:
        yield _end(allows[0], document)
    else:
        named = ", ".join(dict.fromkeys(_grant(grant, document) for grant in allows))
        yield f"all of these would have to end: {named}"
    yield (
        f"{_an_allow(found.user).replace('an allow', 'a deny', 1)} would have to be added to"
        f" {_acl(document)}"
    )
    in_full = any(clearance.enough for clearance in found.clearances)
    if found.lease is not None and found.lease.ends_at is not None and in_full:
        yield (
            f"the source {document.source!r} would have to leave its ACLs unconfirmed until"
            f" {found.lease.ends_at:%Y-%m-%d %H:%M} UTC"
        )


def _an_allow(user: ExplainedUser) -> str:
    if not user.groups:
        return "an allow for the user"
    names = ", ".join(user.groups[:MOST])
    more = f" and {len(user.groups) - MOST} more" if len(user.groups) > MOST else ""
    of = "their group" if len(user.groups) == 1 else "one of their groups"
    return f"an allow for the user, or for {of} {names}{more},"


def _end(grant: GrantPath, document: ExplainedDocument) -> str:
    return f"{_grant(grant, document)} would have to end"


def _grant(grant: GrantPath, document: ExplainedDocument) -> str:
    article = "a" if grant.effect == "deny" else "an"
    where = "on " + _container(document) if grant.inherited else "in the document's own ACL"
    return f"{article} {grant.effect} for {grant.principal} {where}"


def _acl(document: ExplainedDocument) -> str:
    if document.acl == "container":
        return _container(document)
    if document.acl == "own":
        return "the document's own ACL"
    return "an ACL of the document, which has none"


def _container(document: ExplainedDocument) -> str:
    return f"container {document.container!r}" if document.container else "its container"
