"""Random small organisations, and their way into the database through the product's own doors."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.authz.directory import Group, Person, replace_directory
from app.authz.grants import (
    ensure_container,
    explicit_slot,
    rendition_slots,
    set_container_acl,
)
from app.db.engine import AppConnection, Database
from app.db.levels import delete_rows, move_rows
from app.domain.acl import Acl as ProductAcl
from evals.ground.reference import Acl, Document, Organisation

LEVELS = ("public", "internal", "confidential", "regulated")
SOURCES = ("drive", "wiki")


def random_organisation(chance: random.Random, name: str) -> Organisation:
    """Two users, up to four groups that may nest and form cycles, two folders, four documents."""
    users = [f"u{i}.{name}@random.example" for i in range(2)]
    groups = [f"group:{name}-g{i}" for i in range(chance.randint(1, 4))]
    nodes = [*groups, "group:regulated-data"]
    members = {
        group: set(chance.sample([*users, *nodes], chance.randint(0, 3))) - {group}
        for group in nodes
    }
    names = [*users, *groups, f"nobody.{name}@random.example"]
    if chance.random() < 0.2:
        names += ["everyone", "public"]

    def acl() -> Acl:
        allow = frozenset(chance.sample(names, chance.choice((0, 1, 1, 2, 3))))
        return Acl(allow, frozenset(chance.sample(names, chance.choice((0, 0, 0, 1, 2)))))

    organisation = Organisation(users, members)
    organisation.containers = {f"{name}/f{i}": acl() for i in range(2)}
    for i in range(4):
        folder = chance.choice([None, *organisation.containers])
        organisation.documents[f"{name}/d{i}"] = Document(
            folder, acl() if chance.random() < 0.5 else None, *levels(chance)
        )
    return organisation


def levels(chance: random.Random) -> Iterator[Any]:
    """The last three fields of a document: what it is, confirmed, and where it is redacted too."""
    level = chance.choice(LEVELS)
    yield level
    yield True
    lower = LEVELS[: LEVELS.index(level)]
    yield tuple(reversed([one for one in lower if chance.random() < 0.3]))


def change(chance: random.Random, name: str, before: Organisation) -> Organisation:
    """Another organisation with the same people and the same indexed documents."""
    after = random_organisation(chance, name)
    after.members["group:regulated-data"] = before.members["group:regulated-data"]
    for key, document in before.documents.items():
        if document.container is None and document.acl is None:
            after.documents[key] = document
        else:
            after.documents[key] = replace(
                after.documents[key],
                classification=document.classification,
                redacted_at=document.redacted_at,
            )
    return after


async def put_directory(connection: AppConnection, organisations: Iterable[Organisation]) -> None:
    """One directory that holds the people and groups of all organisations."""
    people: list[Person] = []
    members: dict[str, set[str]] = {}
    for organisation in organisations:
        people += [Person(user, user) for user in organisation.users]
        for group, inside in organisation.members.items():
            members.setdefault(group.removeprefix("group:"), set()).update(inside)
    groups = [Group(key, sorted(inside)) for key, inside in members.items()]
    await replace_directory(connection, people, groups)


async def put_documents(
    connection: AppConnection, sources: dict[str, int], organisation: Organisation
) -> dict[str, UUID]:
    """Write containers, ACLs and document rows; the id of each document."""
    ids: dict[str, UUID] = {}
    for name, acl in organisation.containers.items():
        for source in sources.values():
            await set_container_acl(connection, source, name, _product(acl))
    for name, document in organisation.documents.items():
        source = sources[SOURCES[int(name[-1]) % len(SOURCES)]]
        container = slot = None
        if document.container is not None:
            container, slot = await ensure_container(connection, source, document.container)
        if document.acl is not None:
            slot = (
                await explicit_slot(connection, source, container, _product(document.acl))
            ).slot_id
        ids[name] = await connection.scalar(
            text("""
            insert into document (source_id, external_id, container_id, slot_id, state,
                                  classification, redacted_at)
            values (:source, :name, :container, :slot, 'indexed', :level, :redacted_at)
            on conflict (source_id, external_id)
              do update set slot_id = :slot, container_id = :container
            returning id"""),
            {
                "source": source,
                "name": name,
                "container": container,
                "slot": slot,
                "level": document.classification,
                "redacted_at": list(document.redacted_at),
            },
        )
        if slot is None:
            await delete_rows(connection, LEVELS, [ids[name]])
        else:
            at = [document.classification, *document.redacted_at]
            await move_rows(connection, await rendition_slots(connection, slot, at), ids[name])
    return ids


async def make_sources(database: Database, suffix: str = "") -> dict[str, int]:
    """A source for each of `SOURCES`, by their names; the suffix is one of their keys' only."""
    async with database.app() as connection:
        return {
            key: await connection.scalar(
                text("""
                insert into source (key, kind, classification_floor)
                values (:key, 'push', 'public') returning id"""),
                {"key": key + suffix},
            )
            for key in SOURCES
        }


def _product(acl: Acl) -> ProductAcl:
    return ProductAcl.parse(sorted(acl.allow), sorted(acl.deny))
