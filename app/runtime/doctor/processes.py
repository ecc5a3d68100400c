"""What runs beside the database: the queue and its worker, the model engine, the web service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import redis

from app.runtime.doctor.finding import START, Finding
from app.settings import Settings


def queue(settings: Settings) -> Iterator[Finding]:
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


def engine(settings: Settings) -> Finding:
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


def web(url: str) -> Finding:
    try:
        ready = httpx.get(f"{url}/readyz", timeout=5).json()
    except (httpx.HTTPError, ValueError) as error:
        message = f"it does not answer at {url} ({type(error).__name__}); {START}"
        return Finding("web service", False, "", message)
    if ready.get("ready"):
        return Finding("web service", True, url)
    lacks = [name for name in ("database", "enforcement", "embedding") if not ready.get(name)]
    return Finding("web service", False, "", f"it is not ready yet: no {' and no '.join(lacks)}")
