"""Defects that it takes the whole product to see."""

from __future__ import annotations

import asyncio
import base64
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import uuid4

from app.audit.query import query_records
from app.authn.accounts import add_user, disable_user, look_up, sign_in
from app.authn.attempts import Attempts
from app.authn.tokens import authenticate, create_token, end_session, revoke_token
from app.authz.directory import replace_directory
from app.catalog.documents import accept
from app.db.revision import current_revision
from app.domain.principal import Role
from app.domain.record import AuditFilter
from app.domain.source import PushedDocument, Source
from app.errors import InvalidInput, NotFound, NotSignedIn
from evals.ground.platform import Platform

PATIENCE = 5.0
PAGE = PushedDocument("page.md", "Page", b"Text.", "text/markdown", container="hall")


async def a_replaced_document_raised_no_revision(house: Platform) -> bool:
    """What a document said before could still be read on a copy that had not heard of the new."""
    paper = house.company.papers[0]
    before = await _revision(house)
    acl = house.company.folders[paper.folder]
    await house.index([paper.pushed(acl, f"# {paper.title}\n\nAnother text of {paper.name}.\n")])
    return await _revision(house) > before


async def a_push_to_a_synced_source_was_taken(house: Platform) -> bool:
    """A document could be pushed to a source whose next sync deleted it."""
    return await _refused(house, InvalidInput, source=replace(house.source, kind="filesystem"))


async def a_push_to_a_removed_source_broke(house: Platform) -> bool:
    """A document pushed while its source was removed broke on a constraint of the database."""
    return await _refused(house, NotFound, source=replace(house.source, id=2**31 - 1))


async def half_a_character_in_a_name_broke_the_push(house: Platform) -> bool:
    """A name with half a character in it could not be kept, and the whole batch failed."""
    return await _refused(house, InvalidInput, document=replace(PAGE, title="Pa\ud800ge"))


async def a_directory_enabled_whom_an_admin_disabled(house: Platform) -> bool:
    """The next directory that named a disabled person enabled the account again."""
    database, company = house.parts.database, house.company
    email = company.people[-1].email
    await disable_user(database, email)
    async with database.app() as connection:
        await replace_directory(connection, company.people[:-1], company.groups)
        await replace_directory(connection, company.people, company.groups)
    found = await look_up(database, email)
    return found is not None and found.disabled


async def a_new_password_left_the_old_tokens(house: Platform) -> bool:
    """Who knew the old password kept what they had signed in with."""
    database = house.parts.database
    account = await add_user(database, "key@evaluated.example", "K", Role.EMPLOYEE, "one long word")
    token = (await create_token(database, account)).token
    await add_user(database, account.email, "K", Role.EMPLOYEE, "another long word")
    return await _signed_out(house, token)


async def a_password_depended_on_the_keyboard(house: Platform) -> bool:
    """A letter with an accent was another one when a keyboard composed it differently."""
    database, password = house.parts.database, "a cafe\u0301 of zo\u00eb"
    typed = [unicodedata.normalize(form, password) for form in ("NFC", "NFD")]
    account = await add_user(database, "zoe@evaluated.example", "Z", Role.EMPLOYEE, typed[0])
    signed_in = await sign_in(database, Attempts(), account.email, typed[1])
    return signed_in.principal_id == account.principal_id


async def a_stream_outlived_its_session(house: Platform) -> bool:
    """What was held open for a session stayed open when the session ended."""
    database = house.parts.database
    account = await house.account(house.company.people[0].email)
    token = (await create_token(database, account, purpose="session")).token
    signed_in = await authenticate(database, token, "session")
    async with house.parts.answering.watch.holding(signed_in, "ask", []) as held:
        if held.withdrawn.is_set():
            return False
        await end_session(database, token)
        await asyncio.wait_for(held.withdrawn.wait(), PATIENCE)
    return await _signed_out(house, token, session=True)


async def an_odd_filter_broke_the_audit(house: Platform) -> bool:
    """Looking for a subject with a zero or half a character in it was an error of the server."""
    page = await query_records(house.parts.database, AuditFilter(subject="ann\0\ud800"))
    return not page.entries


async def an_odd_cursor_broke_the_audit(house: Platform) -> bool:
    """A cursor whose time has no zone was taken, and compared in the zone of the database."""
    cursor = base64.urlsafe_b64encode(f"2026-01-01T00:00:00 {uuid4()}".encode()).decode()
    try:
        await query_records(house.parts.database, AuditFilter(), cursor=cursor)
    except InvalidInput:
        return True
    return False


async def a_large_number_broke_a_token(house: Platform) -> bool:
    """The number of a token that is larger than the database counts was an error of the server."""
    try:
        await revoke_token(house.parts.database, 2**64)
    except NotFound:
        return True
    return False


async def bad_input_was_an_error_of_the_server(house: Platform) -> bool:
    """A body that is no JSON, or not of the shape that is asked for, was answered with 500."""
    client = await house.client(house.company.people[0].email)
    bodies = (b"{", b"[]", b'{"question": 3}', b'{"question": "a\\u0000b"}', b"\xff")
    answers = [
        await client.post("/ask", content=body, headers={"content-type": "application/json"})
        for body in bodies
    ]
    return all(answer.status_code < 500 for answer in answers)


async def _revision(house: Platform) -> int:
    async with house.parts.database.app() as connection:
        return await current_revision(connection)


async def _refused(
    house: Platform,
    error: type[Exception],
    source: Source | None = None,
    document: PushedDocument = PAGE,
) -> bool:
    parts = house.parts
    try:
        await accept(
            parts.database, None, source or house.source, [document], levels=parts.levels,
            max_bytes=parts.max_document_bytes,
        )  # fmt: skip
    except error:
        return True
    return False


async def _signed_out(house: Platform, token: str, *, session: bool = False) -> bool:
    try:
        await authenticate(house.parts.database, token, "session" if session else "api")
    except NotSignedIn:
        return True
    return False


CASES: Sequence[Callable[[Platform], Awaitable[bool]]] = (
    a_replaced_document_raised_no_revision,
    a_push_to_a_synced_source_was_taken,
    a_push_to_a_removed_source_broke,
    half_a_character_in_a_name_broke_the_push,
    a_directory_enabled_whom_an_admin_disabled,
    a_new_password_left_the_old_tokens,
    a_password_depended_on_the_keyboard,
    a_stream_outlived_its_session,
    an_odd_filter_broke_the_audit,
    an_odd_cursor_broke_the_audit,
    a_large_number_broke_a_token,
    bad_input_was_an_error_of_the_server,
)
