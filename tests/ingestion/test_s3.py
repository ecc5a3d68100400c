"""A bucket as a source: pages, versions, keys, tags, and what sidecars govern."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from app.catalog.s3_config import wrong_s3
from app.domain.acl import Acl
from ingestion.problem import DocumentProblem
from ingestion.sources import Listed, Scan, SourceUnreadable, Standing, s3_door
from tests.ingestion.bucket import EVERYONE, SECRET, Bucket, answering, serving

# moto's server
pytestmark = pytest.mark.integration


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with serving() as bucket:
        yield bucket


def only(found: Scan, name: str) -> Listed:
    [listed] = [listed for listed in found.documents if listed.external_id == name]
    return listed


def names(found: Scan) -> set[str]:
    return {listed.external_id for listed in found.documents}


def test_containers_are_the_prefixes_with_a_sidecar(bucket: Bucket) -> None:
    bucket.put("_acl.yaml", "allow: [everyone]\ndeny: [group:guests]")
    bucket.put("a.md")
    bucket.put("sub/deep/b.md")
    bucket.put("hr/", "")
    bucket.put("hr/_acl.yaml", "allow: [group:hr]\nfiles: {pay.md: {allow: [group:pay]}}")
    bucket.put("hr/pay.md")
    bucket.put("hr/more/pay.md")
    found = bucket.source(base_url="https://files.example/").scan()
    assert found.containers == {
        ".": Acl.parse(["everyone"], ["group:guests"]),
        "hr/": Acl.parse(["group:hr"], ["group:guests"]),
    }
    assert {one.external_id: (one.container, one.acl) for one in found.documents} == {
        "a.md": (".", None),
        "sub/deep/b.md": (".", None),
        "hr/pay.md": ("hr/", Acl.parse(["group:pay"])),
        "hr/more/pay.md": ("hr/", None),
    }
    assert only(found, "hr/pay.md").uri == "https://files.example/hr/pay.md"
    assert only(found, "a.md").read() == b"shared words"
    assert not found.problems


def test_a_prefix_is_a_folder_and_nothing_beside_it(bucket: Bucket) -> None:
    bucket.put("_acl.yaml", EVERYONE)
    bucket.put("team/_acl.yaml", EVERYONE)
    bucket.put("team/a.md")
    bucket.put("team-secret/b.md")
    found = bucket.source(prefix="team").scan()
    assert (names(found), set(found.containers)) == ({"a.md"}, {"."})
    assert bucket.source(prefix="team").verify("a.md") is not None


def test_no_sidecar_or_a_broken_one_above_lets_nobody_in(bucket: Bucket) -> None:
    bucket.put("sub/a.md")
    bucket.put("x/_acl.yaml", "allow: [")
    bucket.put("x/y/_acl.yaml", EVERYONE)
    bucket.put("x/y/b.md")
    bucket.put("z/_acl.yaml", "# " + "x" * 1_000_000 + "\n" + EVERYONE)
    bucket.put("z/c.md")
    found = bucket.source().scan()
    assert found.containers == {name: Acl() for name in (".", "x/", "x/y/", "z/")}
    assert set(found.problems) == {"sub/", "x/_acl.yaml", "z/_acl.yaml"}
    assert only(found, "x/y/b.md").withheld
    assert only(found, "z/c.md").withheld
    assert [bucket.source().verify(name) for name in ("sub/a.md", "x/y/b.md", "z/c.md")] == [
        None
    ] * 3


ODD = ["../up.md", "hr/../down.md", "./a.md", "/a.md", "//a.md", "a\0.md", "a\\0.md", "a\x01.md"]


def test_odd_keys_are_names_of_their_own(bucket: Bucket) -> None:
    bucket.put("_acl.yaml", EVERYONE)
    bucket.put("hr/_acl.yaml", "allow: []\ndeny: [eve@house.example]")
    bucket.put("./_acl.yaml", "allow: [ada@house.example]")
    odd = [*ODD, "a\x1b[31m\u202e.md", "a+b %2f&<.md"]
    for key in odd:
        bucket.put(key, key)
    found = bucket.source(base_url="https://files.example").scan()
    assert {one.read().decode() for one in found.documents} == set(odd)
    assert len(names(found)) == len(odd)
    assert not any("\0" in name for name in names(found))
    assert only(found, "hr/../down.md").container == "hr/"
    assert found.containers["."] == Acl.parse(["everyone"])
    assert only(found, "./a.md").container == "./"
    assert only(found, "../up.md").uri == ""
    for one in found.documents:
        assert one.container is not None
        expected = Standing(one.container, found.containers[one.container], one.acl)
        assert bucket.source().verify(one.external_id) == expected


@pytest.mark.parametrize("versions", ["", "Enabled", "Suspended"])
def test_the_version_changes_with_the_content_and_reads_are_pinned(
    bucket: Bucket, versions: str
) -> None:
    bucket.put("_acl.yaml", EVERYONE)
    if versions:
        bucket.versions(versions)
    bucket.put("a.md", "one")
    before = only(bucket.source().scan(), "a.md")
    assert only(bucket.source().scan(), "a.md").version == before.version != ""
    bucket.put("a.md", "two")
    after = only(bucket.source().scan(), "a.md")
    assert after.version != before.version
    assert after.read() == b"two"
    if versions == "Enabled":
        assert before.read() == b"one"
    else:
        with pytest.raises(DocumentProblem, match="412"):
            before.read()


@pytest.mark.parametrize("versions", ["", "Enabled", "Suspended"])
def test_what_is_deleted_is_gone(bucket: Bucket, versions: str) -> None:
    if versions:
        bucket.versions(versions)
    bucket.put("_acl.yaml", EVERYONE)
    bucket.put("x/_acl.yaml", "allow: []")
    for name in ("a.md", "b.md", "x/c.md"):
        bucket.put(name)
    bucket.delete("a.md")
    bucket.delete("x/_acl.yaml")
    found = bucket.source().scan()
    assert names(found) == {"b.md", "x/c.md"}
    assert only(found, "x/c.md").container == "."
    assert bucket.source().verify("a.md") is None
    assert bucket.source().verify("x/c.md") == Standing(".", Acl.parse(["everyone"]), None)


@pytest.mark.parametrize("versions", ["", "Enabled"])
def test_a_listing_has_many_pages(
    bucket: Bucket, versions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "7")
    if versions:
        bucket.versions(versions)
    bucket.put("_acl.yaml", EVERYONE)
    for number in range(40):
        bucket.put(f"{number:04}.md", "")
    assert len(bucket.source().scan().documents) == 40
    assert len([path for _, path in bucket.asked if "prefix=" in path]) > 5


def test_a_large_object_is_refused_by_its_size_and_never_asked_for(bucket: Bucket) -> None:
    bucket.put("_acl.yaml", EVERYONE)
    bucket.put("large.md", "x" * 1001)
    bucket.put("fits.md", "x" * 1000)
    found = bucket.source(max_bytes=1000).scan()
    bucket.asked.clear()
    with pytest.raises(DocumentProblem, match="the limit is"):
        only(found, "large.md").read()
    assert bucket.asked == []
    assert len(only(found, "fits.md").read()) == 1000


def test_tags_are_an_acl_of_their_own_below_the_prefix(bucket: Bucket) -> None:
    bucket.put("_acl.yaml", "allow: [everyone]\nfiles: {both.md: {allow: [everyone]}}")
    allow = "portcullis-allow=ada%2Bx@house.example%20group:hr"
    bucket.put("own.md", Tagging=allow + "&portcullis-deny=group:guests&colour=red")
    bucket.put("nobody.md", Tagging="portcullis-allow=")
    bucket.put("plain.md", Tagging="colour=red")
    wrong = {
        "deny.md": "portcullis-deny=group:guests",
        "wrong.md": "portcullis-allow=everyone%20whoever",
        "both.md": allow,
    }
    for name, tagging in wrong.items():
        bucket.put(name, Tagging=tagging)
    source = bucket.source(acl="tags")
    found = source.scan()
    own = Acl.parse(["ada+x@house.example", "group:hr"], ["group:guests"])
    assert only(found, "own.md").acl == own
    assert only(found, "nobody.md").acl == Acl()
    assert only(found, "plain.md").acl is None
    for name in wrong:
        listed = only(found, name)
        assert (listed.withheld, listed.acl) == (True, Acl())
        assert source.verify(name) is None
    assert set(found.problems) == set(wrong)
    assert source.verify("own.md") == Standing(".", Acl.parse(["everyone"]), own)
    # where tags are not configured they say nothing
    assert only(bucket.source().scan(), "own.md").acl is None


def test_tags_are_enough_without_a_sidecar_and_void_below_a_broken_one(bucket: Bucket) -> None:
    for name in ("a.md", "x/b.md"):
        bucket.put(name, Tagging="portcullis-allow=everyone")
    bucket.put("x/_acl.yaml", "allow: {")
    source = bucket.source(acl="tags")
    found = source.scan()
    assert found.containers == {".": Acl(), "x/": Acl()}
    assert set(found.problems) == {"x/_acl.yaml"}
    assert only(found, "x/b.md").withheld
    assert source.verify("a.md") == Standing(".", Acl(), Acl.parse(["everyone"]))
    assert source.verify("x/b.md") is None


def test_one_object_is_asked_for_alone_and_anew(bucket: Bucket) -> None:
    bucket.put("_acl.yaml", EVERYONE)
    bucket.put("hr/_acl.yaml", "allow: [group:hr]\nfiles: {a.md: {allow: [ada@house.example]}}")
    bucket.put("hr/a.md")
    source = bucket.source()
    hr = Acl.parse(["group:hr"])
    assert source.verify("hr/a.md") == Standing("hr/", hr, Acl.parse(["ada@house.example"]))
    bucket.put("hr/_acl.yaml", "allow: []")
    bucket.asked.clear()
    assert source.verify("hr/a.md") == Standing("hr/", Acl(), None)
    assert len(bucket.asked) == 3
    for name in (
        "",
        "hr",
        "hr/",
        "hr/_acl.yaml",
        "no.md",
        "hr\\/a.md",
        "hr/a.md/",
        "../papers/hr/a.md",
    ):
        assert source.verify(name) is None


def test_a_bucket_that_cannot_be_listed_is_not_an_empty_one(bucket: Bucket) -> None:
    bucket.put("a.md")
    for source in (
        bucket.source(bucket="nothing-there"),
        bucket.source(endpoint="http://127.0.0.1:9"),
        bucket.source(access_key=""),
    ):
        with pytest.raises(SourceUnreadable) as raised:
            source.scan()
        assert SECRET not in str(raised.value)
    assert bucket.source(bucket="nothing-there").verify("a.md") is None
    with pytest.raises(SourceUnreadable):
        bucket.source(endpoint="http://127.0.0.1:9").verify("a.md")


def test_nothing_is_sent_where_nobody_may_reach(bucket: Bucket) -> None:
    bucket.put("a.md")
    bucket.asked.clear()
    source = bucket.source(reach="127.0.0.2")
    for call in (source.scan, partial(source.verify, "a.md")):
        with pytest.raises(SourceUnreadable, match=r"sources\.yaml"):
            call()
    assert bucket.asked == []
    with pytest.raises(SourceUnreadable, match=r"^the address papers\.s3\.\S+\.com:443 may not"):
        bucket.source(endpoint="").scan()


def page(inside: str) -> bytes:
    return f"<ListBucketResult>{inside}</ListBucketResult>".encode()


ENTRY = "<Contents><Key>{}</Key><Size>4</Size><ETag>e</ETag></Contents>"
LAST = "<IsTruncated>false</IsTruncated>"
MORE = "<IsTruncated>true</IsTruncated>"
TOKEN = "<NextContinuationToken>t</NextContinuationToken>"


@pytest.mark.parametrize(
    ("pages", "why"),
    [
        ([b""], "no listing"),
        ([b"<html><body>sign in</body></html>"], "no listing"),
        ([b"<Error><Code>SlowDown</Code></Error>"], "SlowDown"),
        ([b"{}"], "cannot be read"),
        ([page(ENTRY.format("a") + MORE)], "does not go on"),
        ([page(MORE + TOKEN)] * 3, "does not go on"),
        ([page(ENTRY.format("a") + MORE + TOKEN), 500], "cannot be read"),
        ([page(ENTRY.format("a") + MORE + TOKEN), 403], "cannot be read"),
        ([page(ENTRY.format("a") + MORE + TOKEN), b""], "no listing"),
        ([page(ENTRY.format("a") + MORE + TOKEN), page(ENTRY.format("a") + LAST)], "twice"),
        ([page(ENTRY.format("other/a") + LAST)], "cannot be there"),
        ([page(ENTRY.format("in/" + "a" * 1025) + LAST)], "cannot be there"),
        ([page("<Contents><Key>in/a</Key></Contents>" + LAST)], "makes no sense"),
        ([page("x" * 20_000 + LAST)], "more comes"),
        (["http://127.0.0.2:9/"], "may not be reached|cannot be read"),
    ],
)
def test_a_page_that_is_none_makes_the_source_unreadable(
    pages: list[bytes | int | str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_door, "ANSWER_BYTES", 10_000)
    with answering(pages) as bucket, pytest.raises(SourceUnreadable, match=why):
        bucket.source(prefix="in" if "cannot be there" in why or "sense" in why else "").scan()


def test_no_more_of_an_object_is_read_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = page(ENTRY.format("a") + LAST)
    for body, why in ((b"x" * 1001, "more comes"), (b"xyz", "not as long")):
        with answering([listing, body]) as bucket:
            [listed] = bucket.source(max_bytes=1000).scan().documents
            with pytest.raises(DocumentProblem, match=why):
                listed.read()


def test_credentials_and_proxies_of_the_machine_are_left_alone(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("_acl.yaml", EVERYONE)
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-this")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the machine")
    assert bucket.source().scan().containers
    with answering([page(LAST)]) as other:
        for key in ("access_key", "region"):
            other.config.pop(key, None)
        with pytest.raises(SourceUnreadable, match="both"):
            other.source().scan()


CONFIG = {"bucket": "papers", "endpoint": "https://s3.house.example", "access_key": "owner"}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"endpoint": "", "region": "eu-west-1", "acl": "tags", "prefix": "a/b"}, ""),
        ({"endpoint": ""}, "config.region"),
        ({"bucket": ""}, "config.bucket"),
        ({"bucket": "arn:aws:s3:::papers"}, "config.bucket"),
        ({"bucket": "../papers"}, "config.bucket"),
        ({"region": "evil.example/"}, "config.region"),
        ({"prefix": "/a"}, "config.prefix"),
        ({"prefix": 3}, "config.prefix"),
        ({"acl": "tag"}, "config.acl"),
        ({"secret_key": "x"}, "config.secret_key"),
        ({"endpoint": "https://me:word@s3.house.example"}, "config.endpoint"),
        ({"endpoint": "file:///etc"}, "config.endpoint"),
        ({"endpoint": "https://s3.house.example:x"}, "config.endpoint"),
        ({"endpoint": "https://s3.house.example/?a=b"}, "config.endpoint"),
        ({"base_url": "javascript:alert()"}, "config.base_url"),
    ],
)
def test_config_is_checked_when_it_is_registered(changed: dict[str, object], why: str) -> None:
    said = wrong_s3({**CONFIG, **changed})
    assert why in said
    assert bool(said) == bool(why)
