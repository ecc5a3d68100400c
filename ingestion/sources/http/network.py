"""What a site's name may resolve to, and connections that go there and nowhere else.

Between a check of a name and a connection by that name, its answer can change. So a name is
resolved once for a connection, every answer is checked, and the address that was checked is
connected to; TLS still asks for a certificate of the name.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ssl import SSLContext
from time import monotonic
from typing import Any

import httpcore

from ingestion.sources import SourceUnreadable
from ingestion.sources.reach import FILE, Reach

CONNECT_SECONDS = 10.0
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_INSIDE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",
        "168.63.129.16/32",  # a cloud's own, though it looks public
        "192.0.0.0/24",
        "198.18.0.0/15",
        "64:ff9b::/96",  # these hold an IPv4 address that somebody else connects to
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "::/96",
        "fec0::/10",
    )
)


@dataclass
class PinnedBackend(httpcore.NetworkBackend):
    """Opens connections for httpcore. `deadline` is when a request has to be over, by the
    monotonic clock: a peer that sends a byte now and then does not put it off."""

    reach: Reach
    deadline: float = 0.0

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises SourceUnreadable where host or address may not be reached."""
        address = self._address(host, port)
        inner = httpcore.SyncBackend().connect_tcp(str(address), port, self.left(timeout))
        return _Stream(inner, self)

    def left(self, timeout: float | None) -> float:
        """Seconds, of `timeout` where that is less. Raises httpcore.ReadTimeout where none is."""
        seconds = self.deadline - monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the request took too long")
        return seconds if timeout is None else min(timeout, seconds)

    def _address(self, host: str, port: int) -> _Address:
        self.reach.check(host, port)
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = [ipaddress.ip_address(str(a[4][0]).partition("%")[0]) for a in answers]
        except (OSError, ValueError):
            found = []
        if not found:
            raise httpcore.ConnectError("the name is not known")
        for address in found:
            if not self._may(host, port, address):
                raise SourceUnreadable(
                    f"{host}:{port} is an address of an internal network; if that is meant, the"
                    f" operator names it with its port in policies/{FILE}"
                )
        return found[0]

    def _may(self, host: str, port: int, address: _Address) -> bool:
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if is_public(address):
            return True
        named = f"{host.lower().rstrip('.').strip('[]')}:{port}" in self.reach.hosts
        # what hands out a machine's keys is never reached by another name
        return named and (not address.is_link_local or host.strip("[]") == str(address))


def is_public(address: _Address) -> bool:
    """Whether it is an address of the internet, and of nothing nearer."""
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _INSIDE)
    )


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, backend: PinnedBackend) -> None:
        self._inner, self._backend = inner, backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._backend.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._backend.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._backend.left(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
