"""Documents: push, change who may read them, delete, read."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from app.catalog.documents import (
    accept,
    delete_document,
    replace_container_acl,
    replace_document_acl,
)
from app.catalog.jobs import wait_for
from app.catalog.sources import get_source
from app.domain.record import AuditRecord
from app.domain.source import AclChange, PushedDocument
from app.errors import InvalidInput
from app.web.api.bodies import AclBody, Batch, DocumentBody
from app.web.services import Caller, Wired

WAIT_SECONDS = 120.0

_Body = TypeVar("_Body")


@put("/sources/{source:str}/documents/{rest:path}", status_code=202, tags=["documents"])
async def put_document(
    source: FromPath[str],
    rest: FromPath[str],
    request: Request[Any, Any, Any],
    account: Caller,
    services: Wired,
    wait: FromQuery[bool] = False,
) -> Response[dict[str, Any]]:
    """Push a document, or with `/acl` after its id replace its ACL.

    A slash within an id may be sent as it is; an id that ends in `/acl` needs it as `%2F`.
    """
    services.policy.require_route(account, "sources")
    external_id, of_acl = _external_id(request, "documents")
    if of_acl:
        found = await get_source(services.database, account, source)
        acl = (await _body(request, AclBody)).parsed()
        await _record(services, account, "acl", source, external_id)
        change = await replace_document_acl(
            services.database, services.levels, found, external_id, acl
        )
        return Response(_changed(change), status_code=200)
    document = (await _body(request, DocumentBody)).pushed(external_id)
    return await _push(services, account, source, [document], wait)


@post("/sources/{source:str}/documents:batch", status_code=202, tags=["documents"])
async def batch(
    source: FromPath[str],
    data: JSONBody[Batch],
    account: Caller,
    services: Wired,
    wait: FromQuery[bool] = False,
) -> Response[dict[str, Any]]:
    """Push many documents as one job: all are accepted, or none."""
    services.policy.require_route(account, "sources")
    documents = [document.pushed(document.external_id) for document in data.documents]
    return await _push(services, account, source, documents, wait)


@put("/sources/{source:str}/containers/{rest:path}", tags=["documents"])
async def put_container_acl(
    source: FromPath[str],
    rest: FromPath[str],
    request: Request[Any, Any, Any],
    account: Caller,
    services: Wired,
) -> dict[str, Any]:
    """Replace the ACL of a container: `/sources/{source}/containers/{container}/acl`."""
    services.policy.require_route(account, "sources")
    container, of_acl = _external_id(request, "containers")
    if not of_acl:
        raise InvalidInput("write /acl after the container")
    found = await get_source(services.database, account, source)
    acl = (await _body(request, AclBody)).parsed()
    await _record(services, account, "container-acl", source, container)
    return _changed(await replace_container_acl(services.database, found, container, acl))


@delete("/sources/{source:str}/documents/{rest:path}", status_code=200, tags=["documents"])
async def remove_document(
    source: FromPath[str],
    rest: FromPath[str],
    request: Request[Any, Any, Any],
    account: Caller,
    services: Wired,
) -> dict[str, Any]:
    """Remove a document: it is gone from every index when this answers."""
    services.policy.require_route(account, "sources")
    external_id, _ = _external_id(request, "documents")
    found = await get_source(services.database, account, source)
    await _record(services, account, "document-deleted", source, external_id)
    revision = await delete_document(services.database, services.levels, found, external_id)
    return {"revision": revision}


@get("/documents/{document_id:uuid}", tags=["documents"])
async def read(
    document_id: FromPath[UUID], account: Caller, services: Wired
) -> Response[dict[str, Any]]:
    """The rendition of a document that the account may read; 404 otherwise."""
    services.policy.require_route(account, "documents")
    document = await services.search.open(account, document_id)
    body = {
        "id": str(document_id),
        "title": document.title,
        "uri": document.uri,
        "source": document.source,
        "external_id": document.external_id,
        "classification": document.classification,
        "redacted": document.redacted,
        "passages": [
            {
                "chunk_id": str(passage.chunk_id),
                "heading": passage.heading,
                "page": passage.page,
                "text": passage.text,
            }
            for passage in document.passages
        ],
    }
    return Response(body, headers={"Cache-Control": "no-store"})


async def _push(
    services: Wired,
    account: Caller,
    source: str,
    documents: list[PushedDocument],
    wait: bool,
) -> Response[dict[str, Any]]:
    found = await get_source(services.database, account, source)
    job_id = await accept(
        services.database,
        account,
        found,
        documents,
        levels=services.levels,
        max_bytes=services.max_document_bytes,
    )
    await services.queue.wake(job_id)
    if not wait:
        return Response({"job": str(job_id)}, status_code=202)
    job = await wait_for(services.database, account, job_id, WAIT_SECONDS)
    if job.state == "failed" or job.failed:
        raise InvalidInput(job.message or "the document could not be indexed")
    return Response({"job": str(job_id)}, status_code=200)


async def _record(
    services: Wired, account: Caller, action: str, source: str, external_id: str
) -> None:
    detail = {"source": source, "external_id": external_id}
    await services.recorder.record(AuditRecord.of(account, action, detail=detail))


async def _body(request: Request[Any, Any, Any], type_: type[_Body]) -> _Body:
    """The body, which depends on what the path asks for. Raises InvalidInput."""
    try:
        return msgspec.json.decode(await request.body(), type=type_)
    except msgspec.ValidationError as error:
        # msgspec names the place and the expected type, not the value
        raise InvalidInput(f"the request is not valid: {error}") from error
    except msgspec.DecodeError as error:
        raise InvalidInput("the request's body is not valid JSON") from error


def _external_id(request: Request[Any, Any, Any], kind: str) -> tuple[str, bool]:
    """The id in the path as it was sent, and whether its ACL is meant.

    Told from the raw path: there, a slash within an id can be told from one between segments.
    """
    raw = bytes(request.scope["raw_path"]).partition(b"?")[0]
    _, _, rest = raw.partition(f"/{kind}/".encode())
    head, slash, last = rest.rpartition(b"/")
    of_acl = bool(slash) and last == b"acl"
    try:
        name = unquote_to_bytes(head if of_acl else rest).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("the id in the path is not UTF-8") from error
    if not name:
        raise InvalidInput("there is no id in the path")
    return name, of_acl


def _changed(change: AclChange) -> dict[str, Any]:
    return {"revision": change.revision, "unmapped": list(change.unmapped)}
