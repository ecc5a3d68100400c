"""Which addresses connectors may open: `policies/sources.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import yaml

from app.errors import ConfigurationError
from ingestion.sources import SourceUnreadable

FILE = "sources.yaml"


@dataclass(frozen=True, slots=True)
class Reach:
    """`hosts` are names as people write them, in lower case: `host`, `host:port`, `*.domain`."""

    hosts: frozenset[str]

    @classmethod
    def load(cls, policies: Path) -> Reach:
        """Nothing may be reached where there is no such file. Raises ConfigurationError."""
        path = policies / FILE
        if not path.exists():
            return cls(frozenset())
        try:
            rules: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            hosts = rules["reach"]
            if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
                raise TypeError
        except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
            raise ConfigurationError(f"{path}: a rule is not written as it must be") from error
        return cls(frozenset(host.strip().lower().rstrip(".") for host in hosts))

    def check(self, host: str, port: int) -> None:
        """Raises SourceUnreadable where nobody allows it. To be asked before every connection, the
        target of a redirect included."""
        name = host.strip().lower().rstrip(".").strip("[]")
        parts = [] if _is_address(name) else name.split(".")
        above = {f"*.{'.'.join(parts[n:])}" for n in range(1, len(parts))}
        if self.hosts.isdisjoint({name, f"{name}:{port}", *above}):
            raise SourceUnreadable(
                f"the address {name}:{port} may not be reached;"
                f" the operator allows it in policies/{FILE}"
            )


def _is_address(name: str) -> bool:
    """Below no domain, whatever its digits end with."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
