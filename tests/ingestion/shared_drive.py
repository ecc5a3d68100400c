"""Google Drive on loopback, which speaks the shapes that Google documents for version 3 of its API,
and gives a token for an assertion that the right key signed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import md5
from typing import Any
from urllib.parse import unquote

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ingestion.connect import Access
from ingestion.sources.drive import Drive
from ingestion.sources.drive_files import FOLDER
from ingestion.sources.reach import Reach
from tests.ingestion.listening import Asked, listening

LEVELS = ("public", "internal", "confidential", "regulated")
TOKEN = "ya29.the-token"
ALWAYS = ("owner", "organizer")


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def secret() -> str:
    encoded = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    said = {"client_email": "reader@house.iam.example", "private_key": encoded.decode()}
    return json.dumps({"type": "service_account", **said})


@dataclass
class Reply:
    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class SharedDrive:
    """`grants` are the permissions that somebody gave on an item itself. `instead` may answer a
    path in its own way; `asked` is what was, with the token that came. With `stale`, what a folder
    with limited access keeps back is listed below it all the same."""

    port: int = 0
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    instead: dict[str, Callable[[dict[str, str]], Reply | None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    stale: bool = False
    page: int = 2

    def put(
        self,
        name: str,
        parent: str,
        /,
        *grants: dict[str, Any],
        body: bytes = b"words",
        **said: Any,
    ) -> None:
        digest = md5(body, usedforsecurity=False).hexdigest()
        about = {"mimeType": "text/plain", "size": str(len(body)), "md5Checksum": digest}
        self._add(name, parent, list(grants), {**about, **said})
        self.bodies[name] = body

    def folder(self, name: str, parent: str, *grants: dict[str, Any], **said: Any) -> None:
        self._add(name, parent, list(grants), {"mimeType": FOLDER, **said})

    def _add(
        self, name: str, parent: str, grants: list[dict[str, Any]], said: dict[str, Any]
    ) -> None:
        about = {"id": name, "name": f"{name}.txt", "trashed": False, "driveId": "drive-0"}
        parents = {"parents": [parent]} if parent else {}
        link = f"https://drive.google.com/file/d/{name}/view"
        self.files[name] = {**about, **parents, "webViewLink": link, "version": "7", **said}
        self.grants[name] = grants

    def permissions(self, name: str) -> list[dict[str, Any]]:
        """What the API lists, with what is inherited."""
        item, found = self.files[name], dict[str, dict[str, Any]]()
        limited = item.get("inheritedPermissionsDisabled")
        for parent in item.get("parents", []):
            for one in self.permissions(parent) if parent in self.files else []:
                if one.get("inheritedPermissionsDisabled") and not self.stale:
                    continue
                passed = {**one, "permissionDetails": [{"inherited": True}]}
                passed.pop("inheritedPermissionsDisabled", None)
                if limited and one["role"] not in ALWAYS:
                    passed["inheritedPermissionsDisabled"] = True
                found[one["id"]] = passed
        for one in self.grants[name]:
            details = [{"inherited": False}]
            if one["id"] in found:
                details += found[one["id"]]["permissionDetails"]
            found[one["id"]] = {**one, "permissionDetails": details}
        return list(found.values())

    def source(self, max_bytes: int = 10_000, reach: str = "", **config: Any) -> Drive:
        here = f"http://127.0.0.1:{self.port}"
        said = {"folders": ["top-0"], "endpoint": f"{here}/v3", "token_endpoint": f"{here}/token"}
        key = config.pop("secret", secret())
        hosts = frozenset({reach or f"127.0.0.1:{self.port}"})
        return Drive({**said, **config}, Access(LEVELS, max_bytes, Reach(hosts), key))

    def answer(self, path: str, said: dict[str, str], token: str) -> Reply:
        if path in self.instead and (reply := self.instead[path](said)) is not None:
            return reply
        if path == "/token":
            return self._token(said)
        if token != f"Bearer {TOKEN}":
            return Reply(b"{}", 401)
        if said.get("supportsAllDrives") != "true":
            return _no("notFound", 404)
        parts = path.removeprefix("/v3/").split("/")
        if parts == ["files"]:
            parent = said["q"].split("'")[1]
            found = [self._about(name) for name in self.files if self._in(name, parent)]
            return self._page("files", found, said)
        name = unquote(parts[1])
        if name not in self.files:
            return _no("notFound", 404)
        if parts[2:] == ["permissions"]:
            return self._page("permissions", self.permissions(name), said)
        if parts[2:] == ["export"]:
            return Reply(said["mimeType"].encode())
        if said.get("alt") == "media":
            return Reply(self.bodies[name])
        return _json(self._about(name))

    def _in(self, name: str, parent: str) -> bool:
        item = self.files[name]
        return parent in item.get("parents", []) and not item["trashed"]

    def _about(self, name: str) -> dict[str, Any]:
        return {"permissionIds": [one["id"] for one in self.permissions(name)], **self.files[name]}

    def _token(self, said: dict[str, str]) -> Reply:
        if said.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return Reply(b"{}", 400)
        at = f"http://127.0.0.1:{self.port}/token"
        try:
            key = private_key().public_key()
            claims = jwt.decode(said["assertion"], key, algorithms=["RS256"], audience=at)
        except jwt.InvalidTokenError:
            return Reply(b'{"error": "invalid_grant"}', 400)
        self.claims.append(claims)
        return _json({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})

    def _page(self, key: str, found: list[Any], said: dict[str, str]) -> Reply:
        start = int(said.get("pageToken", "p0")[1:])
        page: dict[str, Any] = {key: found[start : start + self.page]}
        if found[start + self.page :]:
            page["nextPageToken"] = f"p{start + self.page}"
        return _json(page)


def grant(kind: str, name: str = "", role: str = "reader", **said: Any) -> dict[str, Any]:
    who = {"emailAddress": name} if kind in ("user", "group") else {}
    who = {"domain": name} if kind == "domain" else who
    return {"id": f"{kind}-{name}", "type": kind, "role": role, **who, **said}


def _json(said: Any) -> Reply:
    return Reply(json.dumps(said).encode())


def _no(reason: str, status: int) -> Reply:
    return Reply(json.dumps({"error": {"errors": [{"reason": reason}]}}).encode(), status)


@contextmanager
def serving() -> Iterator[SharedDrive]:
    drive = SharedDrive()

    def respond(asked: Asked) -> Reply:
        token = asked.headers.get("authorization", "")
        drive.asked.append((asked.path, asked.said, token))
        return drive.answer(asked.path, asked.said, token)

    with listening(respond) as drive.port:
        yield drive
