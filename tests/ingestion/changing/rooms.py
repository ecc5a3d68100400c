"""Where people come together: the spaces of a Confluence, and the channels of a Slack workspace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.ingestion import wiki_site, workspace
from tests.ingestion.changing import ADA, BOB, DOMAIN, EVE, HR, PEOPLE, Model, Step, usual, words
from tests.ingestion.changing.gate import Gate, Gated

CREW = "crew"
"""A group whose members the site itself has to tell."""
_IDS = {"plans": "10", "a": "11", "b": "12", "pay": "20", "c": "21", "crew": "30", "d": "31"}
_CHANNELS = {"plans": "C0PLANS", "pay": "C0PAY", "talk": "C0TALK"}


class OnWiki(Gated):
    """The folders are pages with a restriction, within a space that all of them may read. `d` is
    below one that is for a group which the space does not name."""

    kind, secret, friend = "confluence", wiki_site.SECRET, BOB
    more: Sequence[Step] = (("enrol", CREW, BOB), ("expel", CREW, ADA))

    def __init__(self, way: Gate, site: wiki_site.WikiSite) -> None:
        super().__init__(way)
        self.site, self.model, self.hosts = site, _Wiki(**vars(usual())), [way.host]
        self.model.folders["crew"] = {CREW}
        self.model.at["d"], self.model.groups[CREW] = "crew", {ADA}
        site.url = f"http://{way.host}/wiki"
        self.config = {"url": site.url, "deployment": "cloud" if site.cloud else "data_center"}
        if site.cloud:
            self.config["user"] = f"bot@{DOMAIN}"
        site.users = {_named(one)[1]: _named(one)[1] for one in PEOPLE}
        site.groups = {HR: [_named(BOB)[1]], CREW: [_named(ADA)[1]]}
        site.space("DOC", *map(_named, (*PEOPLE, HR)))
        for folder, readers in self.model.folders.items():
            restricted = [*map(_named, sorted(readers))]
            site.page(_IDS[folder], restricted=restricted, body="<p>a page</p>")
        for document, folder in self.model.at.items():
            body = f"<p>{words(document)}</p>"
            site.page(_IDS[document], parent=_IDS[folder], body=body)
        self._node("a").restricted = [_named(ADA)]

    def share(self, item: str, who: str) -> None:
        self._restricted(item).append(_named(who))

    def unshare(self, item: str, who: str) -> None:
        self._restricted(item).remove(_named(who))

    open, close = share, unshare

    def move(self, document: str, folder: str) -> None:
        self._node(document).parent = _IDS[folder]

    def delete(self, document: str) -> None:
        del self.site.nodes[_IDS[document]]

    def enrol(self, group: str, who: str) -> None:
        self.site.groups[group].append(_named(who)[1])

    def expel(self, group: str, who: str) -> None:
        self.site.groups[group].remove(_named(who)[1])

    def _node(self, item: str) -> wiki_site.Node:
        return self.site.nodes[_IDS[item]]

    def _restricted(self, item: str) -> list[tuple[str, str]]:
        node = self._node(item)
        if node.restricted is None:
            above = self._node(next(name for name, id in _IDS.items() if id == node.parent))
            # without anybody it would be no restriction
            node.restricted = [("user", "keeper"), *(above.restricted or ())]
        return node.restricted


class _Wiki(Model):
    def enrol(self, group: str, who: str) -> None:
        self.join(group, who)

    def expel(self, group: str, who: str) -> None:
        self.leave(group, who)


def _named(who: str) -> tuple[str, str]:
    return ("user", f"{who}@{DOMAIN}") if who in PEOPLE else ("group", who)


class InWorkspace(Gated):
    """Its folders are channels. `d` is a thread, in a channel of its own."""

    kind, secret, friend = "slack", workspace.SECRET, BOB
    more: Sequence[Step] = (("open", "talk", EVE), ("close", "talk", ADA))

    def __init__(self, way: Gate, stub: workspace.Workspace) -> None:
        super().__init__(way)
        self.stub, self.hosts = stub, [way.host]
        self.config: dict[str, Any] = {"endpoint": f"http://{way.host}/api"}
        folders = {"plans": {ADA, BOB}, "pay": {BOB}, "talk": {ADA}}
        self.model = Model(folders, {"a": "plans", "b": "plans", "c": "pay", "d": "talk"})
        for person in PEOPLE:
            stub.user(_user(person), f"{person}@{DOMAIN}")
        for folder, members in folders.items():
            stub.channel(_CHANNELS[folder], *map(_user, sorted(members)))
        # each is a day of its own
        for day, document in enumerate("abc"):
            channel = _CHANNELS[self.model.at[document]]
            stub.say(channel, f"17000{day}0000.000001", words(document), _user(ADA))
        stub.say(_CHANNELS["talk"], "1700000000.000001", words("d"), _user(ADA))
        reply = {"thread_ts": "1700000000.000001"}
        stub.say(_CHANNELS["talk"], "1700000000.000002", "yes", _user(ADA), **reply)

    def open(self, folder: str, who: str) -> None:
        self.stub.members[_CHANNELS[folder]].append(_user(who))

    def close(self, folder: str, who: str) -> None:
        self.stub.members[_CHANNELS[folder]].remove(_user(who))

    def delete(self, document: str) -> None:
        for channel, said in self.stub.messages.items():
            left = [one for one in said if words(document) not in one["text"]]
            self.stub.messages[channel] = left


def _user(person: str) -> str:
    return f"U0{person.upper()}"
