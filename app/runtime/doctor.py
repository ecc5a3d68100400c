"""What is up, in which version, and what is wrong in words that a person can act on."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import redis
from pydantic import SecretStr
from sqlalchemy import make_url

from app.authz.levels import load_levels
from app.db.engine import Database
from app.db.migrate import head
from app.errors import PortcullisError
from app.retrieval.proof.proof import look
from app.runtime.endpoints import running, with_urls
from app.runtime.folders import Folders
from app.runtime.ours import WebService
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import installation_secret, login_passwords
from app.runtime.vllm import ENGINE, packaged_gguf
from app.settings import Settings

NEEDED_GIGABYTES = 2
OLDEST_POSTGRES = 160_000
OLDEST_VECTOR = (0, 8)
START = "start everything with `portcullis up`, or look at its log in the data folder"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part. `message` says what is wrong and what to do; empty when all is well."""

    part: str
    ok: bool
    version: str = ""
    message: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Look at every part; never raises, and changes nothing but that the proof of enforcement
    plants its canary where there is none."""
    return await asyncio.to_thread(lambda: list(_findings(settings)))


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _python()
    yield _engine_installed(settings)
    yield _data_folder(settings)
    folders = Folders(settings.root)
    found = None
    try:
        if settings.root.is_dir():
            found = running(folders)
        if settings.database_url is None and settings.root.is_dir():
            embedded = EmbeddedPostgres(folders, installation_secret(settings))
            settings = with_urls(settings, embedded.owner_url, found)
    except (PortcullisError, OSError) as error:
        yield Finding("secrets", False, "", str(error))
        return
    yield from _postgres(settings)
    if settings.database_replica_url is not None:
        yield _replica(settings)
    yield from _queue(settings)
    yield _engine(settings)
    url = found.web_url if found else WebService(settings.host, settings.port, {}).url
    yield _web(url)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info[:2] == (3, 11)
    return Finding("Python", ok, version, "" if ok else "use Python 3.11 and run `make setup`")


def _engine_installed(settings: Settings) -> Finding:
    if settings.chat_url is not None:
        return Finding("model files", True, "", "")
    try:
        gguf = packaged_gguf()
    except PortcullisError as error:
        return Finding("model files", False, "", error.message)
    if not ENGINE.exists():
        return Finding("model files", False, gguf.name, "no engine; run `make setup`")
    return Finding("model files", True, gguf.name)


def _data_folder(settings: Settings) -> Finding:
    root = settings.root
    present = next(p for p in (root, *root.parents) if p.exists())
    if not os.access(present, os.W_OK):
        return Finding("data folder", False, str(root), f"let this user write into {present}")
    secrets = root / "secrets"
    if secrets.is_dir() and secrets.stat().st_mode & 0o077:
        return Finding(
            "data folder", False, str(root), f"others can read secrets: chmod 700 {secrets}"
        )
    free = shutil.disk_usage(present).free // 10**9
    if free < NEEDED_GIGABYTES:
        return Finding("data folder", False, str(root), f"only {free} GB are free; make room")
    return Finding("data folder", True, f"{root} ({free} GB free)")


def _postgres(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None:
        yield Finding("Postgres", False, "", f"nothing was ever started here; {START}")
        return
    try:
        with _connect(settings.database_url) as c:
            number = c.info.server_version
            vector = c.execute(
                "select extversion from pg_extension where extname = 'vector'"
            ).fetchone()
            known = c.execute("select to_regclass('alembic_version') is not null").fetchone()
            row = (
                c.execute("select version_num from alembic_version").fetchone()
                if known and known[0]
                else None
            )
    except psycopg.Error as error:
        yield Finding(
            "Postgres", False, "", f"it does not answer ({type(error).__name__}); {START}"
        )
        return
    version = _dotted(number)
    too_old = number < OLDEST_POSTGRES
    yield Finding("Postgres", not too_old, version, "16 or newer is needed" if too_old else "")
    if vector is None:
        yield Finding("pgvector", False, "", "create extension vector in the database")
    else:
        old = tuple(int(n) for n in vector[0].split(".")[:2]) < OLDEST_VECTOR
        yield Finding("pgvector", not old, vector[0], "0.8 or newer is needed" if old else "")
    current = row is not None and row[0] == head()
    yield Finding(
        "schema", current, row[0] if row else "none", "" if current else "run `portcullis migrate`"
    )
    if current:
        yield from _enforcement(settings)


def _enforcement(settings: Settings) -> Iterator[Finding]:
    """One line for each thing for which the service does not start."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    try:
        passwords = login_passwords(installation_secret(settings))
        levels = load_levels(settings.policies)
        found = asyncio.run(look(lambda: Database.connect(url, passwords, pool_size=1), levels))
    except PortcullisError as error:
        found = (error.message,)
    except Exception as error:
        found = (f"the proof broke with {type(error).__name__}, so nothing is proven",)
    for finding in found:
        yield Finding("enforcement", False, "", finding)
    if not found:
        yield Finding("enforcement", True, "proven")


def _replica(settings: Settings) -> Finding:
    """The copy that reads go to, and how many revisions it is behind the database."""
    assert settings.database_url is not None and settings.database_replica_url is not None
    revision = "select value from revision_counter"
    try:
        with _connect(settings.database_replica_url) as c:
            version = _dotted(c.info.server_version)
            follows = c.execute("select pg_is_in_recovery()").fetchone()
            reached = c.execute(revision).fetchone()
        # asked after the copy, so that it is never ahead
        with _connect(settings.database_url) as c:
            current = c.execute(revision).fetchone()
    except psycopg.Error as error:
        return Finding(
            "replica", False, "",
            f"it does not answer ({type(error).__name__}); start it, or take"
            " PORTCULLIS_DATABASE_REPLICA_URL away. Reads go to the database meanwhile",
        )  # fmt: skip
    if not (follows and follows[0] and reached and current):
        message = "it follows no other server; name a streaming replica of the database"
        return Finding("replica", False, version, message)
    return Finding("replica", True, f"{version}, {current[0] - reached[0]} revisions behind")


def _connect(url: SecretStr) -> psycopg.Connection:
    plain = make_url(url.get_secret_value()).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), connect_timeout=3)


def _dotted(number: int) -> str:
    """A server's version as people write it."""
    return f"{number // 10_000}.{number % 10_000}"


def _queue(settings: Settings) -> Iterator[Finding]:
    if settings.queue_url is None:
        yield Finding("Valkey", False, "", f"it does not run; {START}. Nothing is lost meanwhile")
        return
    client = redis.Redis.from_url(settings.queue_url.get_secret_value(), socket_timeout=3)
    try:
        info: Any = client.info("server")
        alive = client.exists("arq:queue:health-check")
    except (redis.RedisError, OSError) as error:
        yield Finding(
            "Valkey", False, "",
            f"it does not answer ({type(error).__name__}); {START}. Nothing is lost meanwhile",
        )  # fmt: skip
        return
    finally:
        client.close()
    version = str(info.get("valkey_version", info.get("redis_version", "")))
    yield Finding("Valkey", True, version)
    yield Finding(
        "worker", bool(alive), "",
        "" if alive else f"none has been heard of for a while; {START}",
    )  # fmt: skip


def _engine(settings: Settings) -> Finding:
    if settings.chat_url is None:
        return Finding("model engine", False, "", f"it does not run; {START}. Quotes still answer")
    key = settings.chat_api_key.get_secret_value() if settings.chat_api_key else ""
    try:
        headers = {"Authorization": f"Bearer {key}"}
        answer = httpx.get(f"{settings.chat_url}/models", headers=headers, timeout=3)
        answer.raise_for_status()
        names = [model["id"] for model in answer.json()["data"]]
        version = _engine_version(settings.chat_url)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        return Finding(
            "model engine", False, "",
            f"it does not answer ({type(error).__name__}); wait a minute after the start, or look"
            " at vllm.log. Quotes still answer",
        )  # fmt: skip
    if settings.chat_model not in names:
        message = f"it serves {', '.join(names)}; set PORTCULLIS_CHAT_MODEL to one of them"
        return Finding("model engine", False, version, message)
    return Finding("model engine", True, f"{version} with {settings.chat_model}".strip())


def _engine_version(chat_url: str) -> str:
    """vLLM tells its version; other engines need not."""
    try:
        answer = httpx.get(f"{chat_url.removesuffix('/v1')}/version", timeout=3)
        return f"vLLM {answer.json()['version']}"
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return ""


def _web(url: str) -> Finding:
    try:
        ready = httpx.get(f"{url}/readyz", timeout=5).json()
    except (httpx.HTTPError, ValueError) as error:
        message = f"it does not answer at {url} ({type(error).__name__}); {START}"
        return Finding("web service", False, "", message)
    if ready.get("ready"):
        return Finding("web service", True, url)
    lacks = [name for name in ("database", "enforcement", "embedding") if not ready.get(name)]
    return Finding("web service", False, "", f"it is not ready yet: no {' and no '.join(lacks)}")
