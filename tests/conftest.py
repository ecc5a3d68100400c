"""The real servers that integration tests run on: one Postgres and one Valkey per session, a
database of its own per test module."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg import sql
from sqlalchemy import make_url

from app.authz.levels import load_levels
from app.authz.policy import Policy
from app.db.engine import Database
from app.db.migrate import upgrade
from app.runtime.folders import Folders
from app.runtime.postgres import OWNER, EmbeddedPostgres
from app.runtime.secrets import login_passwords
from app.runtime.supervisor import Supervisor
from app.runtime.valkey import EmbeddedValkey
from app.settings import PROJECT

SECRET = "a secret of the tests, long enough for it"
DIMENSIONS = 384
UNIT = "not integration and not e2e"
NO_UNIT = re.compile(r"^pytestmark = (\[\s*)?pytest\.mark\.(integration|e2e)\b", re.M)
"""A module without any unit test."""
SERVERS = ("torch", "uvicorn", "playwright")
"""What takes seconds to import, and what no unit test is about."""
FIGURES = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def folders() -> Iterator[Folders]:
    # not in pytest's own temporary folder: whoever starts another pytest closes that to the user
    # who runs Postgres when the tests run as root
    with tempfile.TemporaryDirectory(prefix="portcullis-tests-") as root:
        Path(root).chmod(0o711)
        folders = Folders(Path(root))
        folders.make()
        yield folders


@pytest.fixture(scope="session")
def supervisor(folders: Folders) -> Iterator[Supervisor]:
    running = Supervisor(folders, say=lambda line: None)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgres(supervisor: Supervisor, folders: Folders) -> EmbeddedPostgres:
    """The running embedded server, without a database of ours."""
    server = EmbeddedPostgres(folders, SECRET)
    supervisor.start(server)
    supervisor.wait([server], seconds=60)
    return server


@pytest.fixture(scope="session")
def valkey(supervisor: Supervisor, folders: Folders) -> EmbeddedValkey:
    server = EmbeddedValkey(folders)
    supervisor.start(server)
    supervisor.wait([server], seconds=30)
    return server


@pytest.fixture(scope="session")
def levels() -> tuple[str, ...]:
    return load_levels(PROJECT / "policies")


@pytest.fixture(scope="session")
def policy(levels: tuple[str, ...]) -> Policy:
    return Policy.load(PROJECT / "policies", levels)


@pytest.fixture(scope="session")
def dimensions() -> int:
    return DIMENSIONS


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres, levels: tuple[str, ...]) -> str:
    """The name of a migrated database that nobody connects to: what each module has a copy of."""
    name = "migrated"
    postgres.ensure_database(name)
    upgrade(_url(postgres, name), login_passwords(SECRET), levels, DIMENSIONS)
    return name


@pytest.fixture(scope="module")
def owner_url(postgres: EmbeddedPostgres, migrated: str) -> Iterator[str]:
    """The URL, as its owner, of a migrated database that is dropped after the module."""
    name = f"test_{uuid4().hex[:12]}"
    made, copied, owner = (sql.Identifier(word) for word in (name, migrated, OWNER))
    with postgres._connect("postgres") as connection:
        connection.execute(
            sql.SQL("create database {} template {} owner {}").format(made, copied, owner)
        )
    yield _url(postgres, name)
    with postgres._connect("postgres") as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(made))


def _url(postgres: EmbeddedPostgres, name: str) -> str:
    url = make_url(postgres.owner_url).set(database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture
async def database(owner_url: str) -> AsyncIterator[Database]:
    connected = Database.connect(owner_url, login_passwords(SECRET))
    yield connected
    await connected.close()


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Takes a measured figure by what it is of; all are printed after the tests."""
    figures = request.config.stash.setdefault(FIGURES, {})

    def take(what: str, value: str) -> None:
        figures[what] = value

    return take


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    figures = config.stash.get(FIGURES, {})
    if figures:
        terminalreporter.section("measured here")
        for what, value in figures.items():
            terminalreporter.write_line(f"{what}: {value}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Unit tests start at once: a module without one is not even imported."""
    if config.option.markexpr != UNIT or collection_path.suffix != ".py":
        return None
    return True if NO_UNIT.search(collection_path.read_text()) else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """And what imports such things is an integration test."""
    imported = [name for name in SERVERS if name in sys.modules]
    if session.config.option.markexpr == UNIT and imported:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        names = " and ".join(imported)
        sys.stdout.write(f"\na unit test has imported {names}; mark it as integration\n")


@pytest.fixture(scope="session")
def project() -> Path:
    return PROJECT
