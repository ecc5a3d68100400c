"""An explanation says what the scope and the re-check decide, now and at every moment before, and
what would change it does change it."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from app.answering.pipeline import PURPOSE as ASK
from app.authn.accounts import add_user, disable_user
from app.authz.explain import explain
from app.authz.grants import explicit_slot, set_container_acl
from app.authz.policy import Policy
from app.catalog.documents import delete_document
from app.catalog.sources import confirm_source, register
from app.db.engine import Database
from app.domain.acl import Acl
from app.domain.explanation import Explanation, Standing
from app.domain.principal import Account, Role
from app.domain.scope import PURPOSES
from app.errors import InvalidInput, NotFound
from app.retrieval.authorised import PURPOSE as SEARCH
from app.settings import PROJECT
from evals.ground.reference import Organisation, may_read
from tests.authz.office import Office, now
from tests.authz.organisations import (
    LEVELS,
    change,
    make_sources,
    put_directory,
    put_documents,
    random_organisation,
)

pytestmark = pytest.mark.integration

ORGANISATIONS = 50
CHANGED = 15
SEED = int(os.environ.get("PORTCULLIS_SEED", "20261124"))


async def differences(
    database: Database,
    policy: Policy,
    organisations: Iterable[Organisation],
    ids: dict[str, UUID],
    at: datetime | None = None,
) -> list[str]:
    return [
        f"{user} and {name}"
        for organisation in organisations
        for user in organisation.users
        for name in organisation.documents
        if (await explain(database, policy, user, ids[name], at)).readable
        != may_read(organisation, user, name)
    ]


async def test_explanations_agree_with_the_reference(database: Database, policy: Policy) -> None:
    """Now; and after memberships, ACLs and containers of some changed, both as now and as then."""
    chance = random.Random(SEED)
    before = {f"e{i}": random_organisation(chance, f"e{i}") for i in range(ORGANISATIONS)}
    sources = await make_sources(database)
    ids: dict[str, UUID] = {}

    async def put(organisations: dict[str, Organisation]) -> None:
        async with database.app() as connection:
            await put_directory(connection, organisations.values())
            for organisation in organisations.values():
                ids.update(await put_documents(connection, sources, organisation))
        regulated = {m for o in organisations.values() for m in o.members["group:regulated-data"]}
        for organisation in organisations.values():
            organisation.members["group:regulated-data"] = regulated

    await put(before)
    assert not await differences(database, policy, before.values(), ids), f"seed {SEED}"
    then = await now(database)
    some = chance.sample(sorted(before), CHANGED)
    after = {name: change(chance, name, before[name]) for name in some}
    await put(before | after)
    was = [before[name] for name in some]
    assert not await differences(database, policy, after.values(), ids), f"seed {SEED}"
    assert not await differences(database, policy, was, ids, then), f"seed {SEED}"
    changed = sum(
        may_read(before[name], user, document) != may_read(after[name], user, document)
        for name in some
        for user in before[name].users
        for document in before[name].documents
    )
    assert changed > CHANGED / 2, "the changes are not interesting any more"


async def test_the_path_leads_over_the_nearest_groups(office: Office) -> None:
    """From the user over each group to the grant, the shortest way, also in a cycle of groups."""
    email = office.ann.email
    await office.join(
        staff=[email, "group:company"], company=["group:staff"], all=["group:company"],
        board=["group:all", email],
    )  # fmt: skip
    await office.container(["group:all", "group:board"], ["group:contractors"])
    found = await office.explain()
    assert found.readable
    assert [(grant.effect, grant.path) for grant in found.grants] == [
        ("allow", (email, "group:board")),
        ("allow", (email, "group:staff", "group:company", "group:all")),
    ]
    assert all(grant.inherited for grant in found.grants)
    assert found.user.groups == ("group:board", "group:staff", "group:company", "group:all")
    document = found.document
    assert (document.source, document.external_id, document.container, document.acl) == (
        office.source.key, "pay.txt", "finance", "container",
    )  # fmt: skip
    assert found.purposes == PURPOSES
    assert found.limits == ()


async def test_a_deny_of_the_container_reaches_into_the_document_s_own_acl(office: Office) -> None:
    await office.container([], ["group:company"])
    await office.own([office.ann.email, "everyone"])
    found = await office.explain()
    assert not found.readable
    assert [(grant.effect, grant.principal, grant.inherited) for grant in found.grants] == [
        ("deny", "group:company", True),
        ("allow", office.ann.email, False),
        ("allow", "everyone", False),
    ]
    assert found.document.acl == "own"
    assert found.changes == ("a deny for group:company on container 'finance' would have to end",)


async def test_every_moment_is_explained_as_it_was(office: Office) -> None:
    """Grant, revoke, leave, rejoin, move, disable, enable, pending, delete: each decision is
    noted when it holds, and found again when everything has changed."""
    email, was = office.ann.email, list[tuple[datetime, bool, str]]()

    async def note(expected: bool, what: str) -> None:
        found = await office.explain()
        assert found.readable is expected, what
        assert await office.rechecked() is expected, what
        was.append((await now(office.database), expected, what))

    staff = office.groups
    await note(False, "nothing granted")
    await office.container(["group:company"])
    await note(True, "granted")
    await office.container(["group:company"], [email])
    await note(False, "denied")
    await office.container(["group:company"])
    await note(True, "not denied any more")
    await office.join(company=["group:staff"])
    await note(False, "left")
    await office.join(**staff)
    await note(True, "rejoined")
    await office.own(["group:other"])
    await note(False, "moved to an ACL of its own")
    await office.own([email])
    await note(True, "and to another")
    await office.run("update document set classification = 'regulated' where id = :id")
    await note(False, "stricter")
    await office.run("update document set classification = 'public' where id = :id")
    await note(True, "less strict")
    await office.run("update document set state = 'failed' where id = :id")
    await note(False, "failed")
    await office.run("update document set state = 'indexed' where id = :id")
    await note(True, "indexed again")
    await disable_user(office.database, email)
    await note(False, "disabled")
    await add_user(office.database, email, "", Role.EMPLOYEE, None)
    await note(True, "enabled")
    await delete_document(office.database, LEVELS, office.source, "pay.txt")
    await note(False, "deleted")

    for at, expected, what in was:
        then = await office.explain(at)
        assert then.readable is expected, what
        assert then.at == at
        assert len(then.limits) == 3, "what is not kept is said"
        assert then.lease is None
    assert (await office.explain(was[-1][0])).document.deleted_at is not None
    assert (await office.explain(was[-2][0])).document.deleted_at is None
    assert (await office.explain(was[12][0])).user.standing is Standing.DISABLED

    # by name, also when another document is called so by now
    named = f"{office.source.key}:pay.txt"
    gone = await explain(office.database, office.policy, email, named, was[1][0])
    assert (gone.document.id, gone.readable) == (office.document, True)
    async with office.database.app() as connection:
        await connection.execute(
            text("insert into document (source_id, external_id) values (:source, 'pay.txt')"),
            {"source": office.source.id},
        )
    again = await explain(office.database, office.policy, email, named)
    assert again.document.id != office.document
    gone = await explain(office.database, office.policy, email, named, was[1][0])
    assert gone.document.id == office.document


async def test_what_changes_together_is_seen_together(office: Office) -> None:
    """The container denies Ann while the document inherits from it; the document has an ACL that
    lets nobody in while it does not. No look finds the document here and the deny gone."""
    done = asyncio.Event()
    async with office.database.app() as connection:
        inherited, container = (
            await connection.execute(
                text("select slot_id, container_id from document where id = :id"),
                {"id": office.document},
            )
        ).one()
        own = (await explicit_slot(connection, office.source.id, container, Acl())).slot_id

    async def flip() -> None:
        for number in range(60):
            here = number % 2 == 0
            async with office.database.app() as connection:
                acl = Acl.parse(["everyone"], [office.ann.email] if here else [])
                await set_container_acl(connection, office.source.id, "finance", acl)
                await connection.execute(
                    text("update document set slot_id = :slot where id = :id"),
                    {"slot": inherited if here else own, "id": office.document},
                )
        done.set()

    async def look() -> int:
        looks = 0
        while not done.is_set():
            assert not (await office.explain()).readable
            looks += 1
        return looks

    _, *looks = await asyncio.gather(flip(), look(), look(), look())
    assert sum(looks) > 20


async def test_times_are_of_any_zone_and_without_one_in_utc(office: Office) -> None:
    await office.container([office.ann.email])
    at = await now(office.database)
    await office.container([])
    east = at.astimezone(timezone(timedelta(hours=9)))
    for same in (at, east, at.astimezone(UTC).replace(tzinfo=None)):
        assert (await office.explain(same)).readable
    assert not (await office.explain(await now(office.database))).readable


async def test_no_time_to_come_and_none_before_the_document(office: Office) -> None:
    with pytest.raises(InvalidInput, match="still to come"):
        await office.explain(await now(office.database) + timedelta(minutes=1))
    for early in (datetime(2020, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)):
        with pytest.raises(InvalidInput, match="ask about that time or a later one"):
            await office.explain(early)
    with pytest.raises(InvalidInput):
        await office.explain(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=9))))
    with pytest.raises(NotFound):
        await explain(office.database, office.policy, office.ann.email, uuid4())
    for words in ("nowhere:pay.txt", f"{office.source.key}:other", "a:\x00", "\ud800:\ud800"):
        with pytest.raises(NotFound):
            await explain(office.database, office.policy, office.ann.email, words)
    with pytest.raises(InvalidInput, match="SOURCE:EXTERNAL_ID"):
        await explain(office.database, office.policy, office.ann.email, "pay.txt")


async def test_an_owner_gets_the_own_documents_explained_also_deleted_ones(
    office: Office, levels: tuple[str, ...]
) -> None:
    owner = await add_user(office.database, "owner@explain.example", "O", Role.OWNER, None)
    other = await add_user(office.database, "other@explain.example", "O", Role.OWNER, None)
    await register(
        office.database, None, key=office.source.key, kind="push", config={},
        classification_floor="public", owner=owner.email, levels=levels,
    )  # fmt: skip
    at = await now(office.database)

    async def about(document: UUID | str, account: Account, at: datetime | None) -> Explanation:
        return await explain(
            office.database, office.policy, office.ann.email, document, at, account.principal_id
        )

    early = datetime(2020, 1, 1, tzinfo=UTC)
    for gone in (False, True):
        if gone:
            await delete_document(office.database, LEVELS, office.source, "pay.txt")
        for moment in (None, at):
            assert (await about(office.document, owner, moment)).document.id == office.document
        said = set()
        for document in (office.document, uuid4(), f"{office.source.key}:pay.txt", "no:pay.txt"):
            for moment in (None, at, early):
                with pytest.raises(NotFound) as caught:
                    await about(document, other, moment)
                said.add(caught.value.message)
        assert len(said) == 1, "what is somebody else's is as what is not there"


# What would change a decision.


async def test_the_allow_that_is_missing_opens_it(office: Office) -> None:
    found = await office.explain()
    assert found.changes == (
        "no grant reaches this user: an allow for the user, or for one of their groups"
        " group:staff, group:company, would have to be added to container 'finance'",
    )
    await office.container(["group:company"])
    assert (await office.explain()).readable


async def test_the_denies_that_would_have_to_end_open_it(office: Office) -> None:
    email = office.ann.email
    await office.container(["everyone"], ["group:staff", email])
    assert (await office.explain()).changes == (
        f"a deny for {email} on container 'finance' would have to end",
        "a deny for group:staff on container 'finance' would have to end",
    )
    await office.container(["everyone"], ["group:staff"])
    found = await office.explain()
    assert not found.readable
    assert found.changes == ("a deny for group:staff on container 'finance' would have to end",)
    await office.container(["everyone"])
    assert (await office.explain()).readable


async def test_the_clearance_that_policy_gives_to_a_group_opens_it(office: Office) -> None:
    await office.container(["everyone"])
    await office.run("update document set classification = 'regulated' where id = :id")
    found = await office.explain()
    assert not any(clearance.enough for clearance in found.clearances)
    assert found.changes == (
        "user needs the classification regulated, which policy gives to group:regulated-data",
    )
    await office.join(**office.groups, regulated_data=[office.ann.email])
    assert (await office.explain()).readable


async def test_a_group_that_clears_and_brings_a_deny_says_so(office: Office) -> None:
    cleared = {"regulated_data": ["group:empty"], "auditors": ["group:regulated-data"]}
    await office.join(**office.groups, **cleared)
    await office.container(["everyone"], ["group:auditors"])
    await office.run("update document set classification = 'regulated' where id = :id")
    assert (await office.explain()).changes == (
        "user needs the classification regulated, which policy gives to group:regulated-data (as"
        " its member, a deny for group:auditors on container 'finance' would have to end too)",
    )


async def test_policy_that_tells_purposes_apart_is_told_for_each(
    office: Office, levels: tuple[str, ...], tmp_path: Path
) -> None:
    rules = [
        "group:board, query, internal, ask, allow",
        "everyone, query, *, search, allow",
        "everyone, query, internal, documents, allow",
        "group:staff, query, internal, documents, deny",
    ]

    def load() -> Policy:
        (tmp_path / "policy.csv").write_text("".join(f"p, {rule}\n" for rule in rules))
        return Policy.load(tmp_path, levels)

    shutil.copy(PROJECT / "policies" / "model.conf", tmp_path)
    await office.container(["everyone"])
    office.policy = load()
    found = await office.explain()
    assert found.purposes == ("search",)
    assert [clearance.classifications for clearance in found.clearances] == [(), levels, ()]
    assert not await office.rechecked(), "which is for the purpose ask"

    rules[1] = "role:admin, query, *, search, allow"
    office.policy = load()
    assert (await office.explain()).changes == (
        "for the purpose ask: user needs the classification internal, which policy gives to"
        " group:board",
        "for the purpose search: user needs the classification internal, which policy gives to"
        " role:admin",
        "for the purpose documents: policy keeps group:staff from the classification internal:"
        " that rule would have to end",
    )


async def test_the_confirmation_of_the_source_opens_it(office: Office, owner_url: str) -> None:
    await office.container(["everyone"])
    owner = create_engine(make_url(owner_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("insert into lease values ('internal', '1 hour')"))
        found = await office.explain()
        assert found.readable
        assert found.lease is not None
        assert found.lease.lasts == timedelta(hours=1)
        assert "unconfirmed until" in found.changes[-1]
        for table in ("source", "acl_slot"):
            connection.execute(
                text(f"update {table} set confirmed_at = now() - interval '61 minutes'")  # noqa: S608
            )
        found = await office.explain()
        assert not found.readable
        assert not await office.rechecked()
        [told] = found.changes
        assert told.startswith(f"the source '{office.source.key}' has to confirm its ACLs")
        await confirm_source(office.database, None, office.source.key)
        assert (await office.explain()).readable
        connection.execute(text("delete from lease"))
    owner.dispose()


async def test_accounts_and_documents_that_are_not_ready_say_what_is_missing(
    office: Office,
) -> None:
    await office.container(["everyone"])
    await disable_user(office.database, office.ann.email)
    assert (await office.explain()).changes == (
        f"the account {office.ann.email} would have to be enabled",
    )
    await add_user(office.database, office.ann.email, "", Role.EMPLOYEE, None)
    assert (await office.explain()).readable

    found = await explain(office.database, office.policy, "who@explain.example", office.document)
    assert (found.user.standing, found.readable) == (Standing.UNKNOWN, False)
    assert found.changes == (
        "who@explain.example is unknown: the directory or an admin would have to add the account",
    )
    await add_user(office.database, "who@explain.example", "", Role.EMPLOYEE, None)
    found = await explain(office.database, office.policy, "who@explain.example", office.document)
    assert found.readable

    await office.run("update document set state = 'pending' where id = :id")
    assert (await office.explain()).changes == (
        "the document is pending: it would have to be indexed",
    )


async def test_somebody_whom_only_an_acl_names_is_unknown(office: Office) -> None:
    await office.container(["stranger@explain.example"])
    found = await explain(
        office.database, office.policy, "stranger@explain.example", office.document
    )
    assert (found.user.standing, found.readable) == (Standing.UNKNOWN, False)
    assert [grant.path for grant in found.grants] == [("stranger@explain.example",)]


async def test_each_change_of_a_readable_document_closes_it(office: Office) -> None:
    email = office.ann.email
    await office.container(["group:staff"])
    assert (await office.explain()).changes == (
        "an allow for group:staff on container 'finance' would have to end",
        "a deny for the user, or for one of their groups group:staff, group:company, would have to"
        " be added to container 'finance'",
    )
    await office.container(["group:staff"], ["group:company"])
    assert not (await office.explain()).readable
    await office.container([])
    assert not (await office.explain()).readable
    await office.container(["group:staff", email])
    assert (await office.explain()).changes[0] == (
        f"all of these would have to end: an allow for {email} on container 'finance', an allow for"
        " group:staff on container 'finance'"
    )


def applied(organisation: Organisation, user: str, name: str, changes: str) -> Organisation:
    """The organisation after what the sentences say."""
    after = deepcopy(organisation)
    document = after.documents[name]
    denies = re.findall(r"deny for (\S+) (?:on container '(.+?)'|in the document's own)", changes)
    for principal, container in denies:
        if container:
            acl = after.containers[container]
            after.containers[container] = replace(acl, deny=acl.deny - {principal})
        else:
            assert document.acl is not None
            document = replace(
                document, acl=replace(document.acl, deny=document.acl.deny - {principal})
            )
    if "an allow for the user" in changes:
        if document.acl is not None:
            document = replace(
                document, acl=replace(document.acl, allow=document.acl.allow | {user})
            )
        else:
            assert document.container is not None
            acl = after.containers[document.container]
            after.containers[document.container] = replace(acl, allow=acl.allow | {user})
    if "which policy gives to group:regulated-data" in changes:
        after.members["group:regulated-data"].add(user)
    after.documents[name] = document
    return after


async def test_what_would_change_it_does_in_every_random_organisation(
    database: Database, policy: Policy
) -> None:
    """All sentences together open what was closed; without any one of them it stays closed (but
    for a group that is joined for its clearance, and may bring an allow too)."""
    chance = random.Random(SEED)
    organisations = {f"c{i}": random_organisation(chance, f"c{i}") for i in range(30)}
    sources = await make_sources(database, "c")
    ids: dict[str, UUID] = {}
    async with database.app() as connection:
        await put_directory(connection, organisations.values())
        for organisation in organisations.values():
            ids |= await put_documents(connection, sources, organisation)
    regulated = {m for o in organisations.values() for m in o.members["group:regulated-data"]}
    opened = 0
    for organisation in organisations.values():
        organisation.members["group:regulated-data"] = regulated
        for user in organisation.users:
            for name, document in organisation.documents.items():
                found = await explain(database, policy, user, ids[name])
                if found.readable or (document.acl is None and document.container is None):
                    continue
                told = "\n".join(found.changes)
                assert may_read(applied(organisation, user, name, told), user, name), told
                opened += 1
                for sentence in found.changes:
                    others = "\n".join(other for other in found.changes if other != sentence)
                    if "which policy gives" in others:
                        continue
                    assert not may_read(applied(organisation, user, name, others), user, name)
    assert opened > 80, "the random organisations are not interesting any more"


def test_purposes_are_those_that_the_product_has() -> None:
    assert {ASK, SEARCH, "documents"} == set(PURPOSES)
