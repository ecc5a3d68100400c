"""Waking a worker. The job is in Postgres already, so a queue that is down delays and loses
nothing: workers also look for waiting jobs by themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import structlog
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from redis.exceptions import RedisError

TASK = "run_job"

_log = structlog.get_logger(__name__)


class JobQueue(Protocol):
    """Asks for a job by its id."""

    async def wake(self, job_id: UUID) -> None:
        """Tell a worker that the job waits. Never raises: the worker finds it anyway."""


@dataclass
class ArqQueue:
    """The queue of the worker, on Valkey or Redis."""

    url: str
    _pool: ArqRedis | None = field(default=None, init=False)

    async def wake(self, job_id: UUID) -> None:
        try:
            if self._pool is None:
                self._pool = await create_pool(redis_settings(self.url))
            await self._pool.enqueue_job(TASK, str(job_id))
        except (RedisError, OSError) as error:
            self._pool = None
            _log.warning("queue_down", kind=type(error).__name__, job=str(job_id))

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()


def redis_settings(url: str) -> RedisSettings:
    """arq's settings for a URL, giving up soon: the caller has another way."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 2
    settings.conn_retries = 1
    settings.conn_retry_delay = 0
    return settings
