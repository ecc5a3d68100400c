"""The bars of an installation: a release is held to the file that is set, and to no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.authn.accounts import add_user
from app.cli.gates import evaluated
from app.compose import Parts, compose
from app.db.engine import Database
from app.domain.principal import Role
from app.domain.release import Stage
from app.errors import InvalidInput, NotPermitted
from app.releases import gate as gates
from app.settings import Settings
from evals.gates.report import Report, Result
from evals.gates.thresholds import Thresholds
from evals.ground.ground import Effort
from evals.measures.intervals import share
from tests.conftest import SECRET
from tests.evals.sample import thresholds

pytestmark = pytest.mark.integration

BARS = "links: {live: {at_most: 0.1, need: {change: 50, release: 50}}}"


@asynccontextmanager
async def installed(url: str, folder: Path, bars: Path | None) -> AsyncIterator[Parts]:
    parts = compose(
        Settings(
            data_dir=folder, database_url=SecretStr(url), secret_key=SecretStr(SECRET),
            queue_url=SecretStr("redis://127.0.0.1:9/0"), chat_url="http://127.0.0.1:9/v1",
            thresholds=bars,
        )
    )  # fmt: skip
    try:
        yield parts
    finally:
        await parts.close()


async def test_a_report_counts_where_its_bars_are_those_that_are_set(
    database: Database, owner_url: str, tmp_path: Path
) -> None:
    held = thresholds(tmp_path, BARS)
    bars, report = tmp_path / "thresholds.yaml", tmp_path / "report.json"
    admin = await add_user(database, "admin@bars.example", "", Role.ADMIN, None)
    async with installed(owner_url, tmp_path, bars) as parts:
        name = (await parts.lifecycle()).running.name
        found = Result("links", "", 1.0, (share("live", 0, 100),))
        Report(datetime.now(UTC), name, Effort.CHANGE, 1, held.digest, (found,)).write(report)
        made = evaluated(report, name, parts.settings.thresholds)
        signed = gates.SignedGate(made, parts.gate_signer.sign(gates.plain(made)))
        async with database.app() as connection:
            assert await gates.attach(connection, name, signed)
    async with installed(owner_url, tmp_path, None) as parts:
        with pytest.raises(InvalidInput, match="set PORTCULLIS_THRESHOLDS"):
            evaluated(report, name, parts.settings.thresholds)
        usual = await parts.lifecycle()
        assert usual.thresholds == Thresholds.load().digest != held.digest
        with pytest.raises(NotPermitted, match="held to other bars than today's"):
            await usual.promote(name, Stage.EVALUATED, admin)
    async with installed(owner_url, tmp_path, bars) as parts:
        await (await parts.lifecycle()).promote(name, Stage.EVALUATED, admin)
