"""What tests of authorisation ask for: a streaming replica beside the embedded Postgres, and an
office with a document."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from app.authz.policy import Policy
from app.db.engine import Database
from app.runtime.folders import Folders
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import login_passwords
from evals.ground.standby import Standby, following
from tests.authz.office import Office, furnish
from tests.conftest import SECRET


@pytest.fixture(scope="session")
def standby(postgres: EmbeddedPostgres, folders: Folders) -> Iterator[Standby]:
    with following(postgres, folders.root / "standby") as copy:
        yield copy


@pytest.fixture
async def replicated(owner_url: str, standby: Standby) -> AsyncIterator[Database]:
    """The test's database, read on the replica where that has what is asked for."""
    standby.follow()
    connected = Database.connect(
        owner_url, login_passwords(SECRET), replica_url=standby.url(owner_url)
    )
    yield connected
    await connected.close()
    standby.follow()


@pytest.fixture
async def office(database: Database, policy: Policy, levels: tuple[str, ...]) -> Office:
    return await furnish(database, policy, levels)
