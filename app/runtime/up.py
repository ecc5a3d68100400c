"""`portcullis up`: everything, in the foreground, until it is told to stop."""

from __future__ import annotations

import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from app.errors import ConfigurationError
from app.runtime.endpoints import Endpoints, chat_key, hold
from app.runtime.environment import child_environment
from app.runtime.folders import Folders
from app.runtime.keeping import Keeping, build_memory
from app.runtime.ours import IndexKeeper, IngestionWorker, WebService
from app.runtime.part import Part
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.process import sweep
from app.runtime.schema import migrate
from app.runtime.secrets import installation_secret
from app.runtime.show import Show
from app.runtime.supervisor import Supervisor
from app.runtime.valkey import EmbeddedValkey
from app.runtime.vllm import EmbeddedVllm
from app.settings import Settings


class _Stop(Exception):
    """A signal asked us to end."""


@dataclass
class _Progress:
    """Lines with the seconds since the start."""

    began: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self.began:6.1f} s  {line}\n")
        sys.stdout.flush()


def run(settings: Settings, show: Show | None = None) -> int:
    """Start everything that has no URL of its own, say the address, supervise; the exit code.

    `show` is what `--demo` adds. Raises ConfigurationError when something cannot start.
    """
    folders = Folders(Path(settings.root))
    progress = _Progress()
    try:
        folders.make()
    except OSError as error:
        raise ConfigurationError(f"the data folder cannot be used: {error}") from error
    with hold(folders), _signals():
        if old := sweep(folders.root):
            progress.say(f"ended {old} processes that an earlier run left behind")
        _require_port(settings.host, settings.port)
        supervisor = Supervisor(folders, progress.say)
        try:
            keeping = _start(settings, folders, supervisor, progress, show)
            while True:
                supervisor.poll()
                keeping.look()
                time.sleep(0.5)
        except _Stop:
            progress.say("stopping")
        finally:
            supervisor.stop()
            folders.endpoints.unlink(missing_ok=True)
    progress.say("stopped; the data stays in " + str(folders.root))
    return 0


def _start(
    settings: Settings,
    folders: Folders,
    supervisor: Supervisor,
    progress: _Progress,
    show: Show | None,
) -> Keeping:
    progress.say(f"data folder {folders.root}")
    embedded = settings.database_url is None
    settings = _servers(settings, folders, supervisor, progress)
    migrate(settings)
    progress.say("database schema is current")

    engine: EmbeddedVllm | None = None
    if settings.chat_url is None:
        engine = EmbeddedVllm(folders, _free_port(), chat_key(settings))
        if not engine.model_folder.is_dir():
            progress.say("converting the packaged model for vLLM (once)")
        supervisor.start(engine)
        settings = settings.model_copy(
            update={"chat_url": engine.url, "chat_api_key": SecretStr(engine.api_key)}
        )
        progress.say("vLLM loads its model meanwhile")
    environment = child_environment(settings, demo=show is not None)
    web = WebService(settings.host, settings.port, environment)
    worker = IngestionWorker(environment)
    supervisor.start(web)
    supervisor.start(worker)
    queue_url = settings.queue_url.get_secret_value() if settings.queue_url else None
    Endpoints(web.url, queue_url, engine.url if engine else None).write(folders)
    _wait(supervisor, progress, web, 120, "web service")
    if show is not None:
        show.prepare(settings, web.url, progress.say, supervisor.poll)
    if engine is not None:
        _wait(supervisor, progress, engine, 300, f"vLLM with {settings.chat_model}")
    progress.say("ready")
    sys.stdout.write(f"\n  Portcullis is at {web.url}\n")
    if show is not None:
        sys.stdout.write(show.accounts())
    sys.stdout.write("  Ctrl-C stops everything.\n\n")
    sys.stdout.flush()
    assert settings.database_url is not None
    return Keeping(
        supervisor,
        IndexKeeper(environment, build_memory() if embedded else None),
        settings.database_url.get_secret_value(),
        settings.audience_chunks,
    )


def _servers(
    settings: Settings, folders: Folders, supervisor: Supervisor, progress: _Progress
) -> Settings:
    """The settings with URLs of Postgres and Valkey that answer."""
    if settings.database_url is None:
        postgres = EmbeddedPostgres(folders, installation_secret(settings))
        supervisor.start(postgres)
        _wait(supervisor, progress, postgres, 60, "Postgres 18 with pgvector")
        postgres.ensure_database()
        settings = settings.model_copy(update={"database_url": SecretStr(postgres.owner_url)})
    else:
        progress.say("using the database of PORTCULLIS_DATABASE_URL")
    if settings.queue_url is None:
        valkey = EmbeddedValkey(folders)
        supervisor.start(valkey)
        _wait(supervisor, progress, valkey, 30, "Valkey")
        settings = settings.model_copy(update={"queue_url": SecretStr(valkey.url)})
    else:
        progress.say("using the queue of PORTCULLIS_QUEUE_URL")
    return settings


def _wait(
    supervisor: Supervisor, progress: _Progress, part: Part, seconds: float, title: str
) -> None:
    supervisor.wait([part], seconds)
    progress.say(f"{title} is up")


def _require_port(host: str, port: int) -> None:
    """Raises ConfigurationError when somebody listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"port {port} on {host} cannot be used ({error.strerror}); choose another with"
                " --port"
            ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _signals() -> Iterator[None]:
    """Ctrl-C, a polite kill and a closed terminal end the run in good order; a second one waits
    for the first."""

    def stop(number: int, frame: object) -> None:
        for later in numbers:
            signal.signal(later, signal.SIG_IGN)
        raise _Stop

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
