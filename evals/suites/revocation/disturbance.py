"""What goes wrong meanwhile: connections that end, and a replica that falls behind."""

from __future__ import annotations

import asyncio
import random
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import make_url

from app.runtime.postgres import EmbeddedPostgres
from evals.ground.standby import FOLLOW, HOLD, Standby

# only those that are at work: a pool notices an idle one by itself
_END_ONE = """
select pg_terminate_backend(pid) from pg_stat_activity
 where datname = %s and usename = any (%s) and state <> 'idle'
 order by random() limit 1
"""
_LOGINS = ["portcullis_app", "portcullis_reader", "portcullis_ingest"]


@dataclass(frozen=True)
class Disturbance:
    """Everything here lasts until it is cancelled. Intervals are in seconds, at most."""

    primary: EmbeddedPostgres
    standby: Standby
    owner_url: str
    chance: random.Random

    async def end_connections(self, interval: float) -> None:
        database = make_url(self.owner_url).database
        with ExitStack() as stack:
            primary = stack.enter_context(self.primary._connect("postgres"))
            standby = stack.enter_context(self.standby.connect())
            while True:
                await asyncio.sleep(self.chance.random() * interval)
                connection = standby if self.chance.random() < 0.3 else primary
                connection.execute(_END_ONE, [database, _LOGINS])

    async def hold_the_replica_back(self, interval: float) -> None:
        with self.standby.connect() as connection:
            while True:
                await asyncio.sleep(self.chance.random() * interval)
                connection.execute(HOLD)
                try:
                    await asyncio.sleep(self.chance.random() * interval)
                finally:
                    connection.execute(FOLLOW)
