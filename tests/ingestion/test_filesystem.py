"""A folder tree as a source: names, links, sizes and what sidecars govern."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing
from ingestion.sources.filesystem import Filesystem

LEVELS = ("public", "internal", "confidential", "regulated")


def write(path: Path, text: str = "text") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def scan(root: Path, max_bytes: int = 1000) -> Scan:
    return Filesystem({"path": str(root)}, LEVELS, max_bytes).scan()


def only(found: Scan, name: str) -> Listed:
    [listed] = [listed for listed in found.documents if listed.external_id == name]
    return listed


def test_containers_are_the_folders_with_a_sidecar(tmp_path: Path) -> None:
    write(tmp_path / "_acl.yaml", "allow: [everyone]\ndeny: [group:guests]")
    write(tmp_path / "a.md")
    write(tmp_path / "sub/deep/b.md")
    write(tmp_path / "hr/_acl.yaml", "allow: [group:hr]\nfiles: {pay.md: {allow: [group:pay]}}")
    write(tmp_path / "hr/pay.md")
    write(tmp_path / "hr/more/pay.md")
    found = scan(tmp_path)
    assert found.containers == {
        ".": Acl.parse(["everyone"], ["group:guests"]),
        "hr": Acl.parse(["group:hr"], ["group:guests"]),
    }
    where = {listed.external_id: (listed.container, listed.acl) for listed in found.documents}
    assert where == {
        "a.md": (".", None),
        "sub/deep/b.md": (".", None),
        "hr/pay.md": ("hr", Acl.parse(["group:pay"])),
        "hr/more/pay.md": ("hr", None),
    }
    assert not found.problems


def test_no_sidecar_up_to_the_root_means_nobody_and_is_said_once(tmp_path: Path) -> None:
    write(tmp_path / "sub/a.md")
    write(tmp_path / "sub/b.md")
    found = scan(tmp_path)
    assert found.containers == {".": Acl()}
    assert list(found.problems) == ["sub"]


def test_a_broken_sidecar_closes_its_whole_subtree(tmp_path: Path) -> None:
    write(tmp_path / "_acl.yaml", "allow: [everyone]")
    write(tmp_path / "x/_acl.yaml", "allow: [nobody-we-know]\nfiles: {a.md: {allow: [everyone]}}")
    write(tmp_path / "x/a.md")
    write(tmp_path / "x/y/_acl.yaml", "allow: [everyone]\nfiles: {b.md: {allow: [everyone]}}")
    write(tmp_path / "x/y/b.md")
    found = scan(tmp_path)
    assert found.containers["x"] == found.containers["x/y"] == Acl()
    for name in ("x/a.md", "x/y/b.md"):
        assert only(found, name).acl is None
        assert only(found, name).withheld
    assert "nobody-we-know" in found.problems["x/_acl.yaml"].reason


def test_links_are_not_followed_and_the_owner_is_told(tmp_path: Path) -> None:
    write(tmp_path / "outside/secret.md")
    root = tmp_path / "root"
    write(root / "_acl.yaml", "allow: [everyone]")
    write(root / "closed/_acl.yaml", "allow: []")
    write(root / "closed/pay.md")
    (root / "out.md").symlink_to(tmp_path / "outside/secret.md")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "inner.md").symlink_to(root / "closed/pay.md")
    (root / "loop").symlink_to(root / "loop")
    found = scan(root)
    assert [listed.external_id for listed in found.documents] == ["closed/pay.md"]
    assert set(found.problems) == {"out.md", "folder", "inner.md", "loop"}


def test_a_file_that_becomes_a_link_or_a_pipe_is_not_opened(tmp_path: Path) -> None:
    write(tmp_path / "secret")
    root = tmp_path / "root"
    write(root / "a.md")
    write(root / "b.md")
    found = scan(root)
    (root / "a.md").unlink()
    (root / "a.md").symlink_to(tmp_path / "secret")
    (root / "b.md").unlink()
    os.mkfifo(root / "b.md")
    for name in ("a.md", "b.md"):
        with pytest.raises(DocumentProblem):
            only(found, name).read()


def test_a_large_file_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "large.md"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(DocumentProblem, match="300 MB"):
        only(scan(tmp_path, 50_000_000), "large.md").read()


@pytest.mark.parametrize("name", ["two\nlines.md", "\x1b[31mred.md", "ünï \u202e.md", "%2e%2e.md"])
def test_odd_names_work(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, "found")
    assert only(scan(tmp_path), name).read() == b"found"


def test_a_name_that_is_no_text_is_escaped(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md"))).write_bytes(b"found")
    assert only(scan(tmp_path), "caf\\xe9.md").read() == b"found"


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / ".git/config.md")
    write(tmp_path / ".hidden.md")
    assert scan(tmp_path).documents == ()


def test_a_root_that_is_missing_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="not there"):
        scan(tmp_path / "gone")


def test_one_document_is_asked_for_alone_as_the_scan_has_it(tmp_path: Path) -> None:
    (tmp_path / "hr" / "pay").mkdir(parents=True)
    (tmp_path / "broken").mkdir()
    (tmp_path / "_acl.yaml").write_text("allow: [everyone]\ndeny: [eve@house.example]\n")
    (tmp_path / "hr" / "_acl.yaml").write_text(
        "allow: [group:hr]\nfiles: {b.md: {allow: [ada@house.example]}}\n"
    )
    (tmp_path / "broken" / "_acl.yaml").write_text("allow: [")
    names = ("a.md", "hr/b.md", "hr/pay/c.md", "broken/d.md", "hr/.hidden.md")
    for name in names:
        (tmp_path / name).write_text("words")
    (tmp_path / "link.md").symlink_to(tmp_path / "hr" / "b.md")
    source = Filesystem({"path": str(tmp_path)}, LEVELS, 1_000)
    scan = source.scan()
    listed = {one.external_id: one for one in scan.documents if not one.withheld}
    assert set(listed) == {"a.md", "hr/b.md", "hr/pay/c.md"}
    for name, one in listed.items():
        assert one.container is not None
        expected = Standing(one.container, scan.containers[one.container], one.acl)
        assert source.verify(name) == expected
    for name in (
        "broken/d.md",
        "hr/.hidden.md",
        "link.md",
        "no.md",
        "../x",
        "hr",
        "hr/../a.md",
        "",
    ):
        assert source.verify(name) is None
