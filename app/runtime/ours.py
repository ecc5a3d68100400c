"""Our own processes: the web service, the worker, and who keeps the indexes of audiences."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import httpx

from app.runtime.part import Start

KEEP_SECONDS = 300


@dataclass(frozen=True)
class WebService:
    """`python -m app.main`; healthy when it answers."""

    host: str
    port: int
    environment: dict[str, str] = field(repr=False)
    name: str = "web"

    @property
    def url(self) -> str:
        reachable = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{reachable}:{self.port}"

    def start(self) -> Start:
        return Start([sys.executable, "-m", "app.main"], self.environment)

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).is_success
        except httpx.HTTPError:
            return False


@dataclass(frozen=True)
class IngestionWorker:
    """`python -m ingestion.worker`; it answers nobody, so living is being well."""

    environment: dict[str, str] = field(repr=False)
    name: str = "worker"

    def start(self) -> Start:
        return Start([sys.executable, "-m", "ingestion.worker"], self.environment)

    def healthy(self) -> bool:
        return True


@dataclass(frozen=True)
class IndexKeeper:
    """`portcullis index keep`, again and again. It has the rights of the database's owner, and
    serves nobody. `memory`, in MB, is what a build may take; None: what the server says."""

    environment: dict[str, str] = field(repr=False)
    memory: int | None
    name: str = "index-keeper"

    def start(self) -> Start:
        memory = ["--memory", str(self.memory)] if self.memory else []
        command = ["index", "keep", "--every", str(KEEP_SECONDS), *memory]
        return Start([sys.executable, "-m", "app.cli", *command], self.environment)

    def healthy(self) -> bool:
        return True
