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
from app.runtime.supervisor import Supervisor
from tests.authz.office import Office, furnish
from tests.authz.standby import Standby
from tests.conftest import SECRET


@pytest.fixture(scope="session")
def standby(postgres: EmbeddedPostgres, folders: Folders) -> Iterator[Standby]:
    """The running replica. It has a data folder of its own, so that it is stopped alone."""
    own = Folders(folders.root / "standby")
    own.make()
    own.root.chmod(0o711)
    copy = Standby(postgres, own)
    supervisor = Supervisor(own, say=lambda line: None)
    try:
        supervisor.start(copy)
        supervisor.wait([copy], seconds=60)
        yield copy
        copy.follow()
    finally:
        supervisor.stop()


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
