"""Branches of git repositories as sources: in a folder, and served over HTTP and git's protocol."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dulwich.objects import Blob, ObjectID, Tree
from dulwich.repo import Repo
from dulwich.server import TCPGitServer
from dulwich.web import make_wsgi_chain

from app.domain.acl import Acl
from ingestion.connect import Access, connector
from ingestion.problem import DocumentProblem
from ingestion.sources import (
    Listed,
    Scan,
    SourceUnreadable,
    Standing,
    git_client,
    git_remote,
    git_tree,
)
from ingestion.sources.git import Git
from ingestion.sources.git_objects import Broken, TooLarge, check_pack
from ingestion.sources.reach import Reach
from tests.ingestion.repository import (
    FILE,
    LINK,
    MODULE,
    Served,
    backend,
    commit,
    fresh,
    serving,
)

# servers of repositories
pytestmark = pytest.mark.integration

LEVELS = ("public", "internal", "confidential", "regulated")
RULES = [
    {"path": "**", "allow": ["everyone"], "deny": ["group:guests"]},
    {"path": "hr/**", "allow": ["group:hr"], "classification": "confidential"},
]
EVERYONE = Acl.parse(["everyone"], ["group:guests"])


def source(max_bytes: int = 1000, hosts: tuple[str, ...] = (), **config: Any) -> Git:
    secret, cache = config.pop("secret", None), config.pop("cache", None)
    access = Access(LEVELS, max_bytes, Reach(frozenset(hosts)), secret, cache=cache)
    found = connector("git", {"rules": RULES} | config, access)
    assert isinstance(found, Git)
    return found


def only(found: Scan, name: str) -> Listed:
    [listed] = [listed for listed in found.documents if listed.external_id == name]
    return listed


@pytest.mark.parametrize("bare", [True, False])
def test_a_branch_is_read_by_whom_the_rules_name(tmp_path: Path, bare: bool) -> None:
    repo = fresh(tmp_path / "r", bare)
    commit(repo, {b"a.md": b"first", b"hr/pay/b.md": b"second", b".github/c.md": b"hidden"})
    found = source(path=str(tmp_path / "r"), base_url="https://git.example/x/").scan()
    assert found.containers == {
        ".": Acl(),
        "**": EVERYONE,
        "** + hr/**": Acl.parse(["group:hr"], ["group:guests"]),
    }
    assert {d.external_id: (d.container, d.classification) for d in found.documents} == {
        "a.md": ("**", None),
        "hr/pay/b.md": ("** + hr/**", "confidential"),
    }
    listed = only(found, "hr/pay/b.md")
    assert (listed.uri, listed.title) == ("https://git.example/x/hr/pay/b.md", "")
    assert listed.read() == b"second"
    assert listed.version == Blob.from_string(b"second").id.decode()
    assert not found.problems
    assert [path.name for path in (tmp_path / "r").iterdir()] == [".git"] or bare


def test_what_is_deleted_or_renamed_is_gone_and_an_empty_branch_is_empty(tmp_path: Path) -> None:
    repo = fresh(tmp_path / "r")
    commit(repo, {b"a.md": b"first", b"b.md": b"second"})
    git = source(path=str(tmp_path / "r"))
    before = git.scan()
    commit(repo, {b"a.md": b"first, changed", b"c.md": b"second"})
    after = git.scan()
    assert after.names == {"a.md", "c.md"}
    assert only(after, "a.md").version != only(before, "a.md").version
    assert only(after, "c.md").version == only(before, "b.md").version
    commit(repo, {})
    empty = git.scan()
    assert not empty.documents
    empty.check(anything_known=True)


def test_rules_in_the_repository_mean_nothing(tmp_path: Path) -> None:
    repo = fresh(tmp_path / "r")
    commit(repo, {b"hr/_acl.yaml": b"allow: [everyone]", b"hr/a.md": b"x"})
    found = source(path=str(tmp_path / "r"), rules=RULES[1:]).scan()
    assert found.containers == {".": Acl(), "hr/**": Acl.parse(["group:hr"])}


def test_what_no_rule_matches_is_nobodys_and_broken_rules_close_everything(tmp_path: Path) -> None:
    repo = fresh(tmp_path / "r")
    commit(repo, {b"a.md": b"x", b"hr/b.md": b"x"})
    git = source(path=str(tmp_path / "r"), rules=RULES[1:])
    found = git.scan()
    assert only(found, "a.md").container == "."
    assert found.problems["."].stage == "acl"
    assert git.verify("a.md") == Standing(".", Acl(), None)
    broken = source(path=str(tmp_path / "r"), rules=[*RULES, {"path": "x", "deny": ["nobody"]}])
    found = broken.scan()
    assert found.containers == {".": Acl()}
    assert all(listed.withheld for listed in found.documents)
    assert "nobody" in found.problems["config.rules"].reason
    assert broken.verify("a.md") is None


def test_links_and_submodules_are_not_followed(tmp_path: Path) -> None:
    repo = fresh(tmp_path / "r")
    commit(repo, {b"a.md": (LINK, b"/etc/passwd"), b"sub": (MODULE, b"1" * 40), b"b.md": b"x"})
    git = source(path=str(tmp_path / "r"))
    found = git.scan()
    assert found.names == {"b.md"}
    assert set(found.problems) == {"a.md", "sub"}
    assert git.verify("a.md") is git.verify("sub") is None


def test_names_that_are_no_text_are_escaped_and_those_that_clash_are_withheld(
    tmp_path: Path,
) -> None:
    repo = fresh(tmp_path / "r")
    commit(repo, {b"caf\xe9.md": b"one", b"d\xe9/a.md": b"two", b"d\\xe9/b.md": b"three"})
    git = source(path=str(tmp_path / "r"))
    found = git.scan()
    assert only(found, "caf\\xe9.md").read() == b"one"
    assert git.verify("caf\\xe9.md") == Standing("**", EVERYONE, None)
    assert only(found, "d\\xe9/a.md").withheld
    assert only(found, "d\\xe9/b.md").withheld
    assert git.verify("d\\xe9/a.md") is None


def test_one_document_is_asked_for_as_the_branch_is_now(tmp_path: Path) -> None:
    repo = fresh(tmp_path / "r")
    commit(repo, {b"a.md": b"x", b"hr/b.md": b"x"})
    git = source(path=str(tmp_path / "r"))
    for listed in git.scan().documents:
        assert listed.container is not None
        expected = Standing(listed.container, git.scan().containers[listed.container], None)
        assert git.verify(listed.external_id) == expected
    for name in ("", "hr", "hr/", "no.md", "hr/../a.md", "a.md/x", "/a.md", "a/" * 5000):
        assert git.verify(name) is None
    commit(repo, {b"hr/b.md": b"x"})
    assert git.verify("a.md") is None


def test_a_branch_that_is_gone_or_a_broken_repository_deletes_nothing(tmp_path: Path) -> None:
    repo = fresh(tmp_path / "r")
    top = commit(repo, {b"a/b.md": b"x"})
    commit(repo, {b"other.md": b"x"}, branch="draft")
    assert source(path=str(tmp_path / "r"), branch="draft").scan().names == {"other.md"}
    with pytest.raises(SourceUnreadable, match="no branch 'gone'"):
        source(path=str(tmp_path / "r"), branch="gone").scan()
    with pytest.raises(SourceUnreadable, match="no git repository"):
        source(path=str(tmp_path / "nowhere")).scan()
    found = repo[top]
    folder = repo[found.tree][b"a"][1]  # type: ignore[attr-defined,index]
    _loose(repo, folder).unlink()
    with pytest.raises(SourceUnreadable, match="a folder of the branch is missing"):
        source(path=str(tmp_path / "r")).scan()


def _loose(repo: Repo, name: ObjectID) -> Path:
    path = Path(repo.path) / "objects" / name[:2].decode() / name[2:].decode()
    path.chmod(0o644)
    return path


def test_objects_that_are_elsewhere_are_not_read(tmp_path: Path) -> None:
    other = fresh(tmp_path / "other")
    commit(other, {b"a.md": b"x"})
    repo = fresh(tmp_path / "r")
    commit(repo, {b"a.md": b"x"})
    (tmp_path / "r/objects/info").mkdir(exist_ok=True)
    alternates = tmp_path / "r/objects/info/alternates"
    alternates.write_text(str(tmp_path / "other/objects"))
    with pytest.raises(SourceUnreadable, match="elsewhere"):
        source(path=str(tmp_path / "r")).scan()
    alternates.unlink()
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/.git").symlink_to(tmp_path / "other")
    with pytest.raises(SourceUnreadable, match="elsewhere"):
        source(path=str(tmp_path / "tree")).scan()


def test_a_file_is_measured_before_it_is_unpacked(tmp_path: Path) -> None:
    repo = fresh(tmp_path / "r")
    commit(repo, {b"a.md": b"0" * 5000, b"b.md": b"0" * 1000})
    found = source(path=str(tmp_path / "r")).scan()
    assert only(found, "b.md").read() == b"0" * 1000
    with pytest.raises(DocumentProblem, match="limit"):
        only(found, "a.md").read()
    repo.object_store.pack_loose_objects()
    found = source(path=str(tmp_path / "r")).scan()
    assert only(found, "b.md").read() == b"0" * 1000
    with pytest.raises(DocumentProblem, match="limit"):
        only(found, "a.md").read()


def test_what_is_not_what_its_name_says_is_not_read(tmp_path: Path) -> None:
    repo = fresh(tmp_path / "r")
    commit(repo, {b"a.md": b"right"})
    path = _loose(repo, Blob.from_string(b"right").id)
    path.write_bytes(zlib.compress(b"blob 5\0wrong"))
    with pytest.raises(DocumentProblem, match="broken"):
        only(source(path=str(tmp_path / "r")).scan(), "a.md").read()


def test_a_few_trees_that_stand_for_endless_paths_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_tree, "MOST", 1000)
    repo = fresh(tmp_path / "r")
    name, mode = Blob.from_string(b"x").id, FILE
    repo.object_store.add_object(Blob.from_string(b"x"))
    for _ in range(8):
        made = Tree()
        for number in range(10):
            made[b"%d" % number] = (mode, name)
        repo.object_store.add_object(made)
        name, mode = made.id, 0o040000
    head = commit(repo, {})
    top = repo[head]
    top.tree = name  # type: ignore[attr-defined]
    repo.object_store.add_object(top)
    repo.refs[b"refs/heads/main"] = top.id  # type: ignore[index]
    with pytest.raises(SourceUnreadable, match="more than 1000"):
        source(path=str(tmp_path / "r")).scan()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    repo = fresh(tmp_path / "served")
    commit(repo, {b"a.md": b"first", b"hr/b.md": b"second"})
    with serving(repo) as made:
        yield made


@pytest.mark.parametrize("cached", [True, False])
def test_a_server_is_read_and_followed(tmp_path: Path, served: Served, cached: bool) -> None:
    cache = tmp_path / "cache" if cached else None
    git = source(url=served.url, hosts=("127.0.0.1",), cache=cache)
    found = git.scan()
    assert only(found, "hr/b.md").read() == b"second"
    assert git.verify("a.md") == Standing("**", EVERYONE, None)
    repo = Repo(str(tmp_path / "served"))
    commit(repo, {b"a.md": b"third", b"hr/b.md": b"second"})
    assert only(git.scan(), "a.md").read() == b"third"
    commit(repo, {b"hr/b.md": b"second"})
    assert git.verify("a.md") is None
    if cache:
        [copy] = [path for path in cache.iterdir() if path.is_dir()]
        assert {path.name for path in copy.iterdir()}.isdisjoint({"a.md", "hr"})
        assert not list(copy.glob("hooks/*"))


def test_a_copy_begins_anew_before_it_holds_too_much_that_is_gone(
    tmp_path: Path, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_remote, "MOST_PACKS", 1)
    git = source(url=served.url, hosts=("127.0.0.1",), cache=tmp_path / "cache")
    repo = Repo(str(tmp_path / "served"))
    for number in range(4):
        commit(repo, {b"a.md": b"%d" % number})
        assert only(git.scan(), "a.md").read() == b"%d" % number
    assert len(list((tmp_path / "cache").glob("*/objects/pack/*.pack"))) <= 2


def test_a_broken_copy_is_thrown_away(tmp_path: Path, served: Served) -> None:
    git = source(url=served.url, hosts=("127.0.0.1",), cache=tmp_path / "cache")
    git.scan()
    [pack] = (tmp_path / "cache").glob("*/objects/pack/*.pack")
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:12] + b"\0" * 400)
    with pytest.raises(SourceUnreadable):
        source(url=served.url, hosts=("127.0.0.1",), cache=tmp_path / "cache").scan()
    assert git.scan().names == {"a.md", "hr/b.md"}


def test_only_what_may_be_reached_is_asked_redirects_included(served: Served) -> None:
    with pytest.raises(SourceUnreadable, match="may not be reached"):
        source(url=served.url).scan()
    assert not served.asked
    served.moved = served.url.removesuffix("/r").replace("127.0.0.1", "localhost")
    with pytest.raises(SourceUnreadable, match=r"localhost:\d+ may not be reached"):
        source(url=served.url, hosts=("127.0.0.1",)).scan()
    assert len(served.asked) == 1


def test_the_secret_is_sent_and_never_said(served: Served) -> None:
    served.password = "Basic YWRhOm9wZW4gc2VzYW1l"
    good = source(url=served.url, hosts=("127.0.0.1",), user="ada", secret="open sesame")
    assert good.scan().names == {"a.md", "hr/b.md"}
    bad = source(url=served.url, hosts=("127.0.0.1",), user="ada", secret="open barley")
    with pytest.raises(SourceUnreadable, match="Unauthorized") as raised:
        bad.scan()
    assert "barley" not in str(raised.value) + repr(bad)
    assert "words" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "http://git.example/r",
        "https://ada:open@git.example/r",
        "https://git.example/r?x=1",
        "ssh://git.example/r",
        "file:///etc",
        "ext::sh -c id",
        "https:///r",
        "https://git.example:x/r",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(SourceUnreadable, match=r"config\.url") as raised:
        source(url=url, hosts=("git.example",), secret="open sesame").scan()
    assert "open" not in str(raised.value)


def test_a_server_that_sends_too_much_is_left(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_client, "MOST_BYTES", 300)
    with pytest.raises(SourceUnreadable, match="sends more"):
        source(url=served.url, hosts=("127.0.0.1",)).scan()


def test_a_server_of_bare_files_is_not_read(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served.inner = make_wsgi_chain(backend("/r", Repo(str(tmp_path / "served"))), dumb=True)
    with pytest.raises(SourceUnreadable, match="does not give"):
        source(url=served.url, hosts=("127.0.0.1",)).scan()
    assert not [path for path in served.asked if "objects" in path]


def test_gits_own_protocol_is_read(tmp_path: Path) -> None:
    repo = fresh(tmp_path / "served")
    commit(repo, {b"a.md": b"first"})
    server = TCPGitServer(backend(b"/r", repo), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"git://127.0.0.1:{server.server_address[1]}/r"
        assert only(source(url=url, hosts=("127.0.0.1",)).scan(), "a.md").read() == b"first"
        with pytest.raises(SourceUnreadable, match="may not be reached"):
            source(url=url).scan()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("stated", "content", "error"),
    [(5000, b"0" * 5000, TooLarge), (10, b"0" * 5000, Broken), (5000, b"0" * 10, TooLarge)],
)
def test_a_pack_is_measured_before_it_is_indexed(
    tmp_path: Path, stated: int, content: bytes, error: type[Exception]
) -> None:
    header = bytes([0b1011_0000 | stated & 15, (stated >> 4) & 127 | 128, stated >> 11])
    file = tmp_path / "a.pack"
    file.write_bytes(b"PACK\0\0\0\2\0\0\0\1" + header + zlib.compress(content) + b"0" * 20)
    with file.open("rb") as opened, pytest.raises(error):
        check_pack(opened, 1000)
