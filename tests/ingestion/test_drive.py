"""Google Drive as a source: inherited and limited permissions, and an API that misbehaves."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from app.catalog.kinds import check_config
from app.domain.acl import Acl
from app.errors import InvalidInput
from ingestion.connect import connector
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing, api
from tests.ingestion.shared_drive import ALWAYS, TOKEN, Reply, SharedDrive, grant, secret, serving

ADA, BOB, EVE = (f"{name}@house.example" for name in ("ada", "bob", "eve"))


@pytest.fixture
def drive() -> Iterator[SharedDrive]:
    with serving() as drive:
        drive.folder("top-0", "", grant("user", "Ada@House.example", "organizer"))
        yield drive


def only(found: Scan, name: str) -> Listed:
    [listed] = [listed for listed in found.documents if listed.external_id == name]
    return listed


def read_by(found: Scan, name: str) -> Acl:
    listed = only(found, name)
    assert listed.container is not None
    return found.containers[listed.container] if listed.acl is None else listed.acl


def test_folders_pass_on_who_reads_and_files_may_add(drive: SharedDrive) -> None:
    drive.folder("sub-0", "top-0", grant("group", "HR@house.example"))
    drive.put("file-1", "top-0")
    drive.put("file-2", "top-0", grant("user", BOB))
    drive.put("file-3", "sub-0")
    drive.put("file-4", "sub-0", trashed=True)
    found = drive.source().scan()
    hr = Acl.parse([ADA, "group:hr@house.example"])
    assert found.containers == {"top-0": Acl.parse([ADA]), "sub-0": hr}
    assert {one.external_id: (one.container, one.acl) for one in found.documents} == {
        "file-1": ("top-0", None),
        "file-2": ("top-0", Acl.parse([ADA, BOB])),
        "file-3": ("sub-0", None),
    }
    assert only(found, "file-1").read() == b"words"
    assert only(found, "file-1").uri == "https://drive.google.com/file/d/file-1/view"
    assert not found.problems
    source = drive.source()
    for one in found.documents:
        assert one.container is not None
        standing = Standing(one.container, found.containers[one.container], one.acl)
        assert source.verify(one.external_id) == standing
    for name in ("file-4", "sub-0", "top-0", "none-0"):
        assert source.verify(name) is None
    drive.asked.clear()
    for name in ("../top-0", "file-1?", "file-1/permissions", ""):
        assert source.verify(name) is None
    assert not drive.asked, "what is no id is in no address"


def test_sharing_moving_and_deleting_shows_at_once(drive: SharedDrive) -> None:
    drive.folder("sub-0", "top-0", grant("group", "hr@house.example"))
    drive.put("file-1", "top-0")
    source = drive.source()
    ada, hr = Acl.parse([ADA]), Acl.parse([ADA, "group:hr@house.example"])
    drive.grants["file-1"] = [grant("user", BOB)]
    assert read_by(source.scan(), "file-1") == Acl.parse([ADA, BOB])
    assert source.verify("file-1") == Standing("top-0", ada, Acl.parse([ADA, BOB]))
    drive.grants["file-1"] = []
    assert source.verify("file-1") == Standing("top-0", ada, None)
    drive.files["file-1"]["parents"] = ["sub-0"]
    assert read_by(source.scan(), "file-1") == hr
    assert source.verify("file-1") == Standing("sub-0", hr, None)
    drive.grants["sub-0"] = [grant("group", "pay@house.example")]
    assert read_by(source.scan(), "file-1") == Acl.parse([ADA, "group:pay@house.example"])
    drive.files["file-1"]["parents"] = ["elsewhere-0"]
    assert source.verify("file-1") is None
    assert source.scan().names == set()
    drive.files["file-1"] |= {"parents": ["top-0"], "trashed": True}
    assert source.verify("file-1") is None
    assert source.scan().names == set()


@pytest.mark.parametrize("stale", [False, True])
def test_limited_access_keeps_out_whom_the_folder_above_lets_in(
    drive: SharedDrive, stale: bool
) -> None:
    drive.stale = stale
    drive.grants["top-0"] += [grant("user", BOB, "writer"), grant("user", EVE)]
    drive.folder("pay-0", "top-0", grant("user", EVE), inheritedPermissionsDisabled=True)
    drive.folder("deep-0", "pay-0")
    drive.put("file-1", "deep-0")
    drive.put("file-2", "deep-0", grant("user", "new@house.example"))
    drive.put("file-3", "deep-0", permissionIds=None)
    found = drive.source().scan()
    # Ada is an organizer, and Eve is named on the folder itself
    kept = Acl.parse([ADA, EVE])
    assert found.containers == {
        "top-0": Acl.parse([ADA, BOB, EVE]),
        "pay-0": kept,
        "deep-0": kept,
    }
    assert read_by(found, "file-1") == read_by(found, "file-3") == kept
    assert read_by(found, "file-2") == Acl.parse([ADA, EVE, "new@house.example"])
    assert drive.source().verify("file-1") == Standing("deep-0", kept, None)
    assert drive.source().verify("file-3") == Standing("deep-0", kept, kept)


@pytest.mark.parametrize(
    ("permission", "config", "reads", "told"),
    [
        (grant("anyone"), {}, [], True),
        (grant("anyone", allowFileDiscovery=True), {}, [], True),
        (grant("anyone"), {"public_links": "everyone"}, ["everyone"], False),
        (grant("domain", "house.example", allowFileDiscovery=True), {}, [], True),
        (
            grant("domain", "house.example", allowFileDiscovery=True),
            {"everyone_domains": ["house.example"]},
            ["everyone"],
            False,
        ),
        (
            grant("domain", "house.example", allowFileDiscovery=False),
            {"everyone_domains": ["house.example"]},
            [],
            True,
        ),
        (
            grant("domain", "other.example", allowFileDiscovery=True),
            {"everyone_domains": ["house.example"], "public_links": "everyone"},
            [],
            True,
        ),
        (grant("user", BOB, deleted=True), {}, [], False),
        (grant("user", BOB, view="metadata"), {}, [], False),
        (grant("user", BOB, expirationTime="2001-01-01T00:00:00.000Z"), {}, [], False),
        (grant("user", BOB, expirationTime="soon"), {}, [], False),
        (grant("user", BOB, expirationTime="2999-01-01T00:00:00.000Z"), {}, [BOB], False),
        (grant("user", BOB, inheritedPermissionsDisabled=True), {}, [BOB], False),
        (grant("user", BOB, "manager"), {}, [], True),
        (grant("user"), {}, [], True),
        (grant("user", "everyone"), {}, [], True),
        (grant("user", "group:hr@house.example"), {}, [], True),
        (grant("user", "\u212aim@house.example"), {}, [], True),
        (grant("group", "hr"), {}, [], True),
        (grant("robot", BOB), {}, [], True),
        ({"id": "x"}, {}, [], True),
        ({"id": ["x"], "type": ["user"], "role": {"a": 1}}, {}, [], True),
    ],
)
def test_what_a_permission_means_here(
    drive: SharedDrive,
    permission: dict[str, Any],
    config: dict[str, Any],
    reads: list[str],
    told: bool,
) -> None:
    drive.put("file-1", "top-0", permissionIds=None)
    listed = {"permissions": [{**permission, "permissionDetails": [{"inherited": False}]}]}
    drive.instead["/v3/files/file-1/permissions"] = lambda _: Reply(json.dumps(listed).encode())
    source = drive.source(**config)
    found = source.scan()
    assert read_by(found, "file-1") == Acl.parse(reads)
    assert (set(found.problems) == {"file-1"}) == told
    standing = source.verify("file-1")
    assert standing is not None
    assert standing.acl == Acl.parse(reads)


def test_permissions_that_are_not_told_leave_nobody(drive: SharedDrive) -> None:
    drive.put("file-1", "top-0", permissionIds=None)
    drive.folder("sub-0", "top-0")
    drive.put("file-2", "sub-0")
    for name in ("file-1", "sub-0"):
        drive.instead[f"/v3/files/{name}/permissions"] = lambda _: Reply(b"{}", 403)
    found = drive.source().scan()
    assert read_by(found, "file-1") == found.containers["sub-0"] == Acl()
    assert read_by(found, "file-2") == Acl()
    assert {found.problems[name].stage for name in ("file-1", "sub-0")} == {"acl"}
    assert drive.source().verify("file-2") is None


def test_documents_of_google_are_exported_and_the_rest_is_downloaded(drive: SharedDrive) -> None:
    google = "application/vnd.google-apps."
    for name in ("document", "spreadsheet", "presentation", "drawing", "form", "shortcut"):
        drive.put(f"{name}-0", "top-0", mimeType=google + name, md5Checksum=None)
    drive.put("large-0", "top-0", body=b"x" * 10_001)
    drive.put("liar-0", "top-0", body=b"x" * 10_001, size="3", md5Checksum="")
    drive.put("other-0", "top-0", md5Checksum="0" * 32)
    drive.put(
        "odd-0", "top-0", mimeType="a\nb", name="a\x1b[31m\n/../b", webViewLink="javascript:x"
    )
    found = drive.source().scan()
    assert set(found.problems) == {"form-0"}
    assert {"form-0", "shortcut-0"}.isdisjoint(found.names)
    word = only(found, "document-0")
    assert word.read().decode() == word.mime_type
    assert word.mime_type.endswith("wordprocessingml.document")
    assert word.version == "version 7"
    drive.asked.clear()
    with pytest.raises(DocumentProblem, match="limit"):
        only(found, "large-0").read()
    assert drive.asked == []
    with pytest.raises(DocumentProblem, match="limit"):
        only(found, "liar-0").read()
    with pytest.raises(DocumentProblem, match="not as it was listed"):
        only(found, "other-0").read()
    odd = only(found, "odd-0")
    assert (odd.uri, odd.mime_type, odd.title.isprintable()) == (
        "",
        "application/octet-stream",
        True,
    )
    drive.instead["/v3/files/document-0/export"] = lambda _: Reply(b"{}", 403)
    with pytest.raises(DocumentProblem, match="403"):
        word.read()


@pytest.mark.parametrize("path", ["/v3/files", "/v3/files/top-0/permissions"])
@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500),
        Reply(status=401),
        Reply(status=404),
        Reply(b'{"error": {"errors": [{"reason": "rateLimitExceeded"}]}}', 403),
        Reply(b""),
        Reply(b"[]"),
        Reply(b"{}"),
        Reply(b'{"files": {}, "permissions": {}}'),
        Reply(b'{"files": [3], "permissions": [3]}'),
        Reply(b'{"files": [], "permissions": [], "incompleteSearch": true}'),
        Reply(b'{"files": [], "permissions": [], "nextPageToken": "p2"}'),
        Reply(b'{"x": "' + b"x" * 300_000 + b'", "files": [], "permissions": []}'),
        Reply(status=302, headers={"Location": "https://www.googleapis.com/"}),
    ],
)
def test_half_a_listing_is_none(
    drive: SharedDrive, path: str, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second page of it breaks off."""
    monkeypatch.setattr(api, "ANSWER_BYTES", 250_000)
    monkeypatch.setattr(api, "sleep", lambda _: None)
    drive.grants["top-0"] += [grant("user", BOB), grant("user", EVE)]
    for number in range(4):
        drive.put(f"file-{number}", "top-0")
    assert len(drive.source().scan().documents) == 4
    drive.asked.clear()
    drive.instead[path] = lambda said: reply if "pageToken" in said else None
    with pytest.raises(SourceUnreadable):
        drive.source().scan()
    assert len(drive.asked) < 20
    if len(reply.body) > 250_000:
        with pytest.raises(SourceUnreadable, match="more comes"):
            drive.source().scan()


@pytest.mark.parametrize(
    "said",
    [{"id": "../x"}, {"id": 3}, {"name": 3}, {"mimeType": None}, {"parents": ["elsewhere-0"]},
     {"parents": []}, {"parents": ["top-0", "sub-0"]}, {"parents": "top-0"}],
)  # fmt: skip
def test_a_listing_that_makes_no_sense_is_none(drive: SharedDrive, said: dict[str, Any]) -> None:
    drive.put("file-1", "top-0")
    listed = {"files": [{**drive.files["file-1"], **said}]}
    drive.instead["/v3/files"] = lambda _: Reply(json.dumps(listed).encode())
    with pytest.raises(SourceUnreadable):
        drive.source().scan()


def test_folders_in_a_circle_or_below_one_another_come_to_an_end(drive: SharedDrive) -> None:
    drive.folder("sub-0", "top-0")
    with pytest.raises(SourceUnreadable, match="two places"):
        drive.source(folders=["top-0", "sub-0"]).scan()
    listed = {"files": [drive.files["top-0"] | {"parents": ["sub-0"]}]}
    drive.instead["/v3/files"] = lambda said: (
        Reply(json.dumps(listed).encode()) if "sub-0" in said["q"] else None
    )
    with pytest.raises(SourceUnreadable, match="two places"):
        drive.source().scan()
    drive.put("file-1", "sub-0")
    circle = json.dumps(drive.files["sub-0"] | {"parents": ["sub-0"]}).encode()
    drive.instead["/v3/files/sub-0"] = lambda _: Reply(circle)
    assert drive.source().verify("file-1") is None


def test_a_key_that_is_refused_is_said_with_what_to_do(drive: SharedDrive) -> None:
    other = json.dumps({**json.loads(secret()), "private_key": "-----BEGIN nothing"})
    for key in ("", "{}", "nonsense-1", other):
        for call in ("scan", "verify"):
            source = drive.source(secret=key)
            with pytest.raises(SourceUnreadable, match="portcullis source secret KEY") as raised:
                source.scan() if call == "scan" else source.verify("file-1")
            assert not key or key not in str(raised.value)
    drive.instead["/token"] = lambda _: Reply(b'{"error": "invalid_grant"}', 400)
    with pytest.raises(SourceUnreadable, match="portcullis source secret KEY"):
        drive.source().scan()
    drive.instead["/token"] = lambda _: Reply(b'{"access_token": "a\\r\\nb"}')
    with pytest.raises(SourceUnreadable, match="no token"):
        drive.source().scan()


def test_the_token_goes_to_the_api_alone(drive: SharedDrive) -> None:
    drive.put("file-1", "top-0")
    source = drive.source(subject=BOB)
    only(source.scan(), "file-1").read()
    assert {token for path, _, token in drive.asked if path == "/token"} == {""}
    assert {token for path, _, token in drive.asked if path != "/token"} == {f"Bearer {TOKEN}"}
    assert drive.claims[0]["sub"] == BOB
    assert drive.claims[0]["scope"].endswith("drive.readonly")
    assert "PRIVATE" not in repr(source)
    with serving() as other:
        to = f"http://127.0.0.1:{other.port}/v3/files/file-1"
        away = Reply(status=302, headers={"Location": to})
        for path in ("/v3/files/top-0", "/token"):
            drive.instead = {path: lambda _: away}
            with pytest.raises(SourceUnreadable, match="redirects"):
                drive.source().scan()
        drive.instead = {"/v3/files/file-1": lambda _: away}
        with pytest.raises(DocumentProblem, match="redirects"):
            only(drive.source().scan(), "file-1").read()
        assert other.asked == []


def test_nothing_is_asked_where_nobody_may_reach(drive: SharedDrive) -> None:
    with pytest.raises(SourceUnreadable, match=r"sources\.yaml"):
        drive.source(reach="127.0.0.2").scan()
    assert drive.asked == []
    with pytest.raises(SourceUnreadable, match=r"^the address oauth2\.googleapis\.com:443 may"):
        drive.source(token_endpoint="").scan()
    with pytest.raises(SourceUnreadable, match=r"^the address www\.googleapis\.com:443 may not"):
        drive.source(endpoint="").scan()


def test_a_rate_limit_is_waited_for(drive: SharedDrive, monkeypatch: pytest.MonkeyPatch) -> None:
    slept = list[float]()
    monkeypatch.setattr(api, "sleep", slept.append)
    busy = Reply(b'{"error": {"errors": [{"reason": "userRateLimitExceeded"}]}}', 403)
    left = [busy, Reply(b"", 429, {"Retry-After": "3"}), busy]
    drive.instead["/v3/files"] = lambda _: left.pop(0) if left else None
    assert drive.source().scan().containers
    assert slept == [1.0, 3.0, 1.0]


def model(drive: SharedDrive, name: str) -> set[str]:
    """Who reads an item by Drive's rules: who is named on it, and whom its folder lets in unless
    access to it is limited; an owner or organizer always."""
    item = drive.files[name]
    readers = {(one["id"], one["role"] in ALWAYS) for one in drive.grants[name]}
    for parent in item.get("parents", []):
        above = roles(drive, parent)
        limited = item.get("inheritedPermissionsDisabled")
        readers |= {one for one in above if one[1] or not limited}
    return {who for who, _ in readers}


def roles(drive: SharedDrive, name: str) -> set[tuple[str, bool]]:
    item = drive.files[name]
    mine = {(one["id"], one["role"] in ALWAYS) for one in drive.grants[name]}
    limited = item.get("inheritedPermissionsDisabled")
    for parent in item.get("parents", []):
        mine |= {one for one in roles(drive, parent) if one[1] or not limited}
    return mine


@pytest.mark.parametrize("stale", [False, True])
def test_nobody_reads_here_what_drive_keeps_from_them(drive: SharedDrive, stale: bool) -> None:
    choose = random.Random(11)
    drive.stale, drive.page = stale, 50
    people = [f"p{number}@house.example" for number in range(5)]
    for turn in range(12):
        drive.files.clear()
        drive.grants.clear()
        folders = ["top-0"]
        for number in range(10):
            grants = [
                grant("user", who, choose.choice(["reader", "writer", "organizer"]))
                for who in people
                if choose.random() < 0.25
            ]
            if not drive.files:
                drive.folder("top-0", "", *grants)
            elif choose.random() < 0.5:
                limited = {"inheritedPermissionsDisabled": True} if choose.random() < 0.4 else {}
                drive.folder(f"folder-{number}", choose.choice(folders), *grants, **limited)
                folders.append(f"folder-{number}")
            else:
                given = grants if choose.random() < 0.5 else []
                drive.put(f"file-{number}", choose.choice(folders), *given)
        found = drive.source().scan()
        for one in found.documents:
            allowed = {f"user-{ref.key}" for ref in read_by(found, one.external_id).allow}
            assert allowed <= model(drive, one.external_id)
            if not stale:
                assert allowed == model(drive, one.external_id)
            if turn == 0:
                assert one.container is not None
                standing = Standing(one.container, found.containers[one.container], one.acl)
                assert drive.source().verify(one.external_id) == standing


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, ""),
        ({"subject": BOB, "public_links": "everyone", "everyone_domains": ["a.example"]}, ""),
        ({"folders": []}, r"config\.folders"),
        ({"folders": "top-0"}, r"config\.folders"),
        ({"folders": ["../x"]}, r"config\.folders"),
        ({"folders": ["top-0' or 'x"]}, r"config\.folders"),
        ({"subject": "bob"}, r"config\.subject"),
        ({"public_links": "yes"}, r"config\.public_links"),
        ({"everyone_domains": "house.example"}, r"config\.everyone_domains"),
        ({"endpoint": "http://www.googleapis.com"}, r"config\.endpoint"),
        ({"token_endpoint": "file:///etc"}, r"config\.token_endpoint"),
        ({"private_key": "x"}, r"config\.private_key"),
    ],
)
def test_config_is_checked_when_it_is_registered(config: dict[str, Any], why: str) -> None:
    said = {"folders": ["0ABcd_ef-g"], **config}
    if not why:
        check_config("drive", said)
        return
    with pytest.raises(InvalidInput, match=why):
        check_config("drive", said)


def test_it_is_wired(drive: SharedDrive) -> None:
    drive.put("file-1", "top-0")
    source = drive.source()
    rules = {"accounts": {"ids": {ADA: BOB}}}
    read = connector("drive", {**source.config, **rules}, source.access)
    assert read.scan().containers == {"top-0": Acl.parse([BOB])}
