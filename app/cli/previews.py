"""`portcullis source preview`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.operator import on_record
from app.cli.settings import DataDir, settings_from, with_parts
from app.cli.syncs import followed, no_worker_runs, worker_for
from app.cli.tables import visible
from app.errors import PortcullisError

if TYPE_CHECKING:
    from app.compose import Parts


def preview(
    key: str,
    as_json: Annotated[bool, typer.Option("--json", help="As the API answers.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show what a source would become: audiences, classifications, redacted samples.

    Nothing is indexed.
    """
    from app.catalog.jobs import start_preview
    from app.catalog.sources import get_source
    from app.web.api.jobs import shown

    settings = settings_from(data_dir)
    here = no_worker_runs(settings)

    async def work(parts: Parts) -> None:
        source = await get_source(parts.database, None, key)
        async with on_record(parts.recorder, "source", source=key, change="preview"):
            job_id = await start_preview(parts.database, None, source)
        worker = worker_for(parts, job_id) if here else None
        if worker is None:
            await parts.queue.wake(job_id)
        job = await followed(parts, job_id, worker)
        if job.state == "failed":
            raise PortcullisError(job.message or f"source {key} could not be read")
        detail = shown(job, parts.source_secrets)["detail"]
        print(json.dumps(detail, indent=2) if as_json else "\n".join(_told(detail)))

    with_parts(settings, work)


def _told(detail: Mapping[str, Any]) -> Iterator[str]:
    read = detail.get("read", 0)
    yield f"{detail['documents']:,} documents in {detail['containers']:,} containers, {read:,} read"
    for name, title in (
        ("classifications", "would be classified"),
        ("redacted", "of these would be had redacted as"),
        ("unmapped", "accounts that nobody here knows; they let nobody in (documents)"),
        ("wide", "grants that let very many in (documents)"),
    ):
        if found := detail.get(name):
            yield f"{title}:"
            yield from (f"  {visible(entry)}  {count:,}" for entry, count in found.items())
    if detail["closed"]:
        yield f"{detail['closed']:,} documents that nobody may read"
    unreadable = detail.get("unreadable", {"count": 0, "first": {}})
    if unreadable["count"]:
        yield f"{unreadable['count']:,} that cannot be read:"
        yield from _named(unreadable["first"])
    if detail["problems"]:
        yield "what is wrong with the source:"
        yield from _named(detail["problems"])
    for sample in detail.get("samples", ()):
        yield ""
        yield f"sample {visible(sample['external_id'])}: {sample['classification']}"
        yield from (f"  since {visible(reason)}" for reason in sample["evidence"])
        yield from (f"  | {visible(line)}" for line in sample["text"].splitlines())


def _named(reasons: Mapping[str, str]) -> Iterator[str]:
    yield from (f"  {visible(name)}: {visible(reason)}" for name, reason in reasons.items())
