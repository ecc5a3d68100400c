"""A client secret exchanged for a token, as OAuth 2.0 has it (RFC 6749, section 4.4)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from ingestion.sources import SourceUnreadable
from ingestion.sources.http.door import Door, Reply

TOKEN_BYTES = 100_000
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True)
class Login:
    """`secret` goes to the login host alone, in the body of a request. `graph` is what the token
    is for."""

    tenant: str
    client_id: str
    secret: str
    host: str
    graph: str

    @classmethod
    def of(cls, config: Mapping[str, Any], secret: str | None, graph: str) -> Login:
        if not secret:
            raise SourceUnreadable(
                "a sharepoint source needs the client secret of its app registration;"
                " give it with portcullis source secret KEY"
            )
        host = str(config.get("login") or "https://login.microsoftonline.com")
        return cls(str(config["tenant"]), str(config["client_id"]), secret, host, graph)

    def ask(self, door: Door) -> Reply:
        """What `token` reads."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret,
            "scope": f"{self.graph}/.default",
        }
        url = f"{self.host}/{quote(self.tenant, safe='')}/oauth2/v2.0/token"
        return door.ask("POST", url, TOKEN_BYTES, _FORM, urlencode(form).encode())

    def __repr__(self) -> str:
        return f"Login({self.client_id!r})"


def token(reply: Reply) -> str:
    """Raises SourceUnreadable where there is none."""
    if reply.status in (400, 401, 403):
        raise SourceUnreadable(
            "the login host refuses the client secret: it may be wrong, or have expired; give a new"
            " one with portcullis source secret KEY, or mend config.tenant and config.client_id"
        )
    try:
        said = json.loads(reply.body) if reply.status == 200 else {}
        found = said["access_token"]
        sound = isinstance(found, str) and re.fullmatch(r"[!-~]{1,50000}", found)
        bearer = str(said.get("token_type")).lower() == "bearer"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = None
    if not sound or not bearer:
        raise SourceUnreadable(f"the login host gives no token ({reply.status}); sync again later")
    return str(found)
