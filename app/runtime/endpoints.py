"""Where the parts of a running installation are, for commands beside it. No secrets."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from pydantic import SecretStr

from app.errors import ConfigurationError
from app.runtime.folders import Folders
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.schema import migrate
from app.runtime.secrets import derive, installation_secret
from app.runtime.supervisor import Supervisor
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of one `up`; None for a part that is external."""

    web_url: str
    queue_url: str | None
    chat_url: str | None

    def write(self, folders: Folders) -> None:
        folders.endpoints.write_text(json.dumps(asdict(self)), encoding="utf-8")


@contextmanager
def hold(folders: Folders) -> Iterator[IO[str]]:
    """Only one on a data folder. Raises ConfigurationError when somebody else holds it."""
    with folders.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"Portcullis runs on {folders.root} already; stop that one, or use another"
                " --data-dir"
            ) from None
        yield lock


def running(folders: Folders) -> Endpoints | None:
    """The endpoints of an `up` that runs on this data folder now, or None."""
    if not folders.lock.exists():
        return None
    with folders.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(OSError, ValueError, TypeError):
                return Endpoints(**json.loads(folders.endpoints.read_text(encoding="utf-8")))
            return None
    return None


@contextmanager
def with_database(settings: Settings) -> Iterator[Settings]:
    """Settings whose database answers: the external one, that of a running `up`, or the embedded
    one, started for as long as this lasts. Raises ConfigurationError."""
    if settings.database_url is not None:
        yield settings
        return
    folders = Folders(Path(settings.root))
    secret = installation_secret(settings)
    postgres = EmbeddedPostgres(folders, secret)
    found = running(folders)
    if found is not None or postgres.healthy():
        yield with_urls(settings, postgres.owner_url, found)
        return
    folders.make()
    with hold(folders):
        supervisor = Supervisor(folders, say=lambda line: None)
        try:
            supervisor.start(postgres)
            supervisor.wait([postgres], seconds=60)
            postgres.ensure_database()
            ready = with_urls(settings, postgres.owner_url, None)
            migrate(ready)
            yield ready
        finally:
            supervisor.stop()


def with_urls(settings: Settings, database_url: str, found: Endpoints | None) -> Settings:
    """The settings with the embedded parts' addresses where none was set."""
    update: dict[str, object] = {"database_url": SecretStr(database_url)}
    if found is not None and settings.queue_url is None and found.queue_url:
        update["queue_url"] = SecretStr(found.queue_url)
    if found is not None and settings.chat_url is None and found.chat_url:
        update["chat_url"] = found.chat_url
        update["chat_api_key"] = SecretStr(chat_key(settings))
    return settings.model_copy(update=update)


def chat_key(settings: Settings) -> str:
    """The key of the embedded engine."""
    return derive(installation_secret(settings), "chat api key")
