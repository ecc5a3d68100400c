"""Sources of whose documents the config says who may read them: a repository and a web site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dulwich.repo import Repo

from tests.ingestion.changing import ADA, BOB, HR, Model, Step, address, usual, words
from tests.ingestion.changing.gate import Gate, Gated
from tests.ingestion.repository import Files, commit
from tests.ingestion.site import Answer, LocalSite


class OnBranch(Gated):
    kind, secret, friend = "git", "", BOB
    more: Sequence[Step] = ()

    def __init__(self, way: Gate, repo: Repo) -> None:
        super().__init__(way)
        self.repo, self.model, self.hosts = repo, usual(), [way.host]
        self.files: Files = {
            f"{folder}/{document}.md".encode(): words(document).encode()
            for document, folder in self.model.at.items()
        }
        commit(repo, self.files)
        self.allow = {f"{f}/**": [*map(address, who)] for f, who in self.model.folders.items()}
        self.allow["plans/a.md"] = [address(ADA)]
        self.denied: dict[str, list[str]] = {}

    @property
    def config(self) -> dict[str, Any]:
        rules: list[dict[str, Any]] = [
            {"path": path, "allow": allow} for path, allow in self.allow.items()
        ]
        rules += [{"path": path, "deny": deny} for path, deny in self.denied.items()]
        return {"url": f"http://{self.gate.host}/r", "rules": rules}

    def share(self, document: str, who: str) -> None:
        self._own(document).append(address(who))

    def unshare(self, document: str, who: str) -> None:
        self._own(document).remove(address(who))

    def open(self, folder: str, who: str) -> None:
        self.allow[f"{folder}/**"].append(address(who))

    def close(self, folder: str, who: str) -> None:
        self.allow[f"{folder}/**"].remove(address(who))

    def deny(self, folder: str, who: str) -> None:
        self.denied[f"{folder}/**"] = [address(who)]

    def move(self, document: str, folder: str) -> None:
        self.files[f"{folder}/{document}.md".encode()] = self._take(document)
        commit(self.repo, self.files)

    def delete(self, document: str) -> None:
        self._take(document)
        commit(self.repo, self.files)

    def _take(self, document: str) -> Any:
        return self.files.pop(self._name(document))

    def _own(self, document: str) -> list[str]:
        path = self._name(document).decode()
        return self.allow.setdefault(path, [*self.allow[f"{path.partition('/')[0]}/**"]])

    def _name(self, document: str) -> bytes:
        [name] = [name for name in self.files if name.endswith(f"/{document}.md".encode())]
        return name


class OnSite(Gated):
    """All of it has one audience."""

    kind, secret, friend = "web", "", HR
    more: Sequence[Step] = ()

    def __init__(self, way: Gate, site: LocalSite) -> None:
        super().__init__(way)
        self.site, self.hosts = site, [way.host]
        self.model = Model({"plans": {ADA, HR}}, dict.fromkeys("abc", "plans"))
        self.config: Mapping[str, Any] = {
            "start": f"http://{way.host}/docs/",
            "sitemap": f"http://{way.host}/map.xml",
            "delay_seconds": 0,
            "allow": [*map(address, self.model.folders["plans"])],
        }
        for document in self.model.at:
            page = f"<html><body><p>{words(document)}</p></body></html>".encode()
            site.pages[f"/docs/{document}"] = Answer(page, headers={"Content-Type": "text/html"})
        self._map()

    def open(self, folder: str, who: str) -> None:
        self.config = {**self.config, "allow": [*self._allow, address(who)]}

    def close(self, folder: str, who: str) -> None:
        left = [one for one in self._allow if one != address(who)]
        self.config = {**self.config, "allow": left}

    def deny(self, folder: str, who: str) -> None:
        self.config = {**self.config, "deny": [address(who)]}

    def delete(self, document: str) -> None:
        del self.site.pages[f"/docs/{document}"]
        self._map()

    @property
    def _allow(self) -> list[str]:
        allow: list[str] = self.config["allow"]
        return allow

    def _map(self) -> None:
        pages = [path for path in self.site.pages if path.startswith("/docs/")]
        found = "".join(f"<url><loc>http://{self.gate.host}{path}</loc></url>" for path in pages)
        name = "http://www.sitemaps.org/schemas/sitemap/0.9"
        self.site.pages["/map.xml"] = Answer(f'<urlset xmlns="{name}">{found}</urlset>'.encode())
