"""Services whose items inherit who may read them: SharePoint and Google Drive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingestion.sources.drive_files import FOLDER
from tests.ingestion import shared_drive, tenant
from tests.ingestion.changing import ADA, BOB, DOMAIN, HR, Step, usual, words
from tests.ingestion.changing.gate import Gate, Gated

GROUP = "2fdb79f5-3ad4-4a4e-a6ad-6c5e3ff0b1aa"
_BOT = f"bot@{DOMAIN}"


class OnTenant(Gated):
    """What is inherited is listed with every item, so a change of a folder is one of all in it."""

    kind, secret, friend = "sharepoint", tenant.SECRET, BOB
    more: Sequence[Step] = ()

    def __init__(self, way: Gate, stub: tenant.Tenant) -> None:
        super().__init__(way)
        self.stub, self.model = stub, usual()
        stub.api = f"http://{way.host}"
        self.hosts = [way.host, stub.files.removeprefix("http://")]
        self.config = {
            "tenant": "house.example",
            "client_id": "app",
            "site": "https://house.sharepoint.com/sites/hr",
            "login": stub.api,
            "graph": stub.api,
            "accounts": {"ids": {f"group:{GROUP}": f"group:{HR}"}},
        }
        self.granted = {folder: set(who) for folder, who in self.model.folders.items()}
        self.own: dict[str, set[str]] = {"a": {ADA}}
        stub.folder(tenant.ROOT, "", tenant.person(_BOT))
        for folder in self.granted:
            stub.folder(folder, tenant.ROOT)
        for document, folder in self.model.at.items():
            stub.contents[document] = words(document).encode()
            stub.file(document, folder)
        self._inherit()

    def share(self, document: str, who: str) -> None:
        self._own(document).add(who)
        self._inherit()

    def unshare(self, document: str, who: str) -> None:
        self._own(document).discard(who)
        self._inherit()

    def open(self, folder: str, who: str) -> None:
        self.granted[folder].add(who)
        self._inherit()

    def close(self, folder: str, who: str) -> None:
        self.granted[folder].discard(who)
        self._inherit()

    def move(self, document: str, folder: str) -> None:
        self.stub.items[document]["parentReference"]["id"] = folder
        self._inherit()

    def delete(self, document: str) -> None:
        self.stub.remove(document)

    def _own(self, document: str) -> set[str]:
        return self.own.setdefault(document, set(self.granted[self._parent(document)]))

    def _parent(self, document: str) -> str:
        return str(self.stub.items[document]["parentReference"]["id"])

    def _inherit(self) -> None:
        said = {folder: set(who) for folder, who in self.granted.items()}
        for document in self.model.at:
            said[document] = self.own.get(document, self.granted[self._parent(document)])
        for item, who in said.items():
            self.stub.permissions[item] = [_granted(one) for one in sorted(who)]


def _granted(who: str) -> dict[str, Any]:
    if who == HR:
        return tenant.claim(f"c:0o.c|federateddirectoryclaimprovider|{GROUP}")
    return tenant.person(f"{who}@{DOMAIN}")


class OnDrive(Gated):
    """The first file has limited access, so that it is not for all of its folder."""

    kind, friend = "drive", BOB
    more: Sequence[Step] = ()

    def __init__(self, way: Gate, stub: shared_drive.SharedDrive) -> None:
        super().__init__(way)
        self.stub, self.model, self.secret = stub, usual(), shared_drive.secret()
        stub.port, self.hosts = way.port, [way.host]
        self.config = {
            "folders": ["top-0"],
            "endpoint": f"http://{way.host}/v3",
            "token_endpoint": f"http://{way.host}/token",
            "accounts": {"ids": {f"group:{HR}@{DOMAIN}": f"group:{HR}"}},
        }
        stub.folder("top-0", "", shared_drive.grant("user", _BOT, "organizer"))
        for folder, readers in self.model.folders.items():
            stub.folder(_id(folder), "top-0", *map(_grant, sorted(readers)))
        for document, folder in self.model.at.items():
            stub.put(_id(document), _id(folder), body=words(document).encode())
        self.stub.files[_id("a")]["inheritedPermissionsDisabled"] = True
        self.share("a", ADA)

    def share(self, item: str, who: str) -> None:
        self.stub.grants[_id(item)].append(_grant(who))

    def unshare(self, item: str, who: str) -> None:
        """What a folder passes on ends with limited access alone."""
        if self.stub.files[_id(item)]["mimeType"] != FOLDER:
            passed = [one for one in self.stub.permissions(_id(item)) if one["role"] == "reader"]
            self.stub.files[_id(item)]["inheritedPermissionsDisabled"] = True
            self.stub.grants[_id(item)] = passed
        grants = self.stub.grants[_id(item)]
        self.stub.grants[_id(item)] = [one for one in grants if one["id"] != _grant(who)["id"]]

    open, close = share, unshare

    def move(self, document: str, folder: str) -> None:
        self.stub.files[_id(document)] |= {"parents": [_id(folder)]}

    def delete(self, document: str) -> None:
        self.stub.files[_id(document)]["trashed"] = True


def _grant(who: str) -> dict[str, Any]:
    return shared_drive.grant("group" if who == HR else "user", f"{who}@{DOMAIN}")


def _id(name: str) -> str:
    return f"item-{name}"
