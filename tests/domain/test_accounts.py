"""What a source calls people is mapped by exact rules, and no mapping lets more people in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.accounts import AccountRules, source_user
from app.domain.acl import Acl
from app.domain.principal import PrincipalKind, PrincipalRef

RULES = AccountRules.read(
    {
        "domains": {"Old.Example": "House.example"},
        "ids": {
            "jdoe": "ada@house.example",
            "group:jdoe": "bob@house.example",
            "staff": "group:all-staff",
            "boss@old.example": "eve@house.example",
        },
    }
)
JDOE, CARL = source_user("jdoe"), source_user("carl")


@pytest.mark.parametrize(
    ("of_source", "here"),
    [
        ("ada@old.example", "ada@house.example"),
        ("ADA@OLD.EXAMPLE", "ada@house.example"),
        ("boss@old.example", "eve@house.example"),
        ("ada@sub.old.example", "ada@sub.old.example"),
        ("ada@very-old.example", "ada@very-old.example"),
        ("group:staff", "group:all-staff"),
        ("group:jdoe", "bob@house.example"),
        ("group:ada@old.example", "group:ada@old.example"),
        ("everyone", "everyone"),
        ("public", "public"),
    ],
)
def test_an_entry_becomes_the_principal_that_the_rules_name(of_source: str, here: str) -> None:
    assert RULES.acl(Acl.parse([of_source])) == Acl.parse([here])


def test_a_name_that_is_no_address_is_mapped_or_nobody() -> None:
    assert RULES.acl(Acl(frozenset({JDOE}))) == Acl.parse(["ada@house.example"])
    assert RULES.acl(Acl(frozenset({CARL}))).allow == {CARL}
    # another name to the rules, and the database keeps users in lower case alone
    assert RULES.acl(Acl(frozenset({source_user("JDoe")}))).allow == {JDOE}


def test_a_bare_name_makes_no_person_of_a_group() -> None:
    rules = AccountRules.read({"ids": {"jdoe": "ada@house.example"}})
    assert rules.acl(Acl.parse(["group:jdoe"])) == Acl.parse(["group:jdoe"])


def test_no_deny_is_lost() -> None:
    said = Acl.parse(["everyone"], ["boss@old.example", "carl@x.example", "group:staff"])
    denied = ["eve@house.example", "carl@x.example", "group:all-staff"]
    assert RULES.acl(said) == Acl.parse(["everyone"], denied)
    group_as_person = RULES.acl(Acl.parse(["everyone"], ["group:jdoe"]))
    assert group_as_person == Acl.parse(["everyone"], ["group:jdoe", "bob@house.example"])
    mapped = RULES.acl(Acl(frozenset({PrincipalRef(PrincipalKind.EVERYONE)}), frozenset({JDOE})))
    assert mapped == Acl.parse(["everyone"], ["ada@house.example"])


@pytest.mark.parametrize("name", ["carl", "@carl", "carl@two@house.example"])
def test_a_deny_of_whom_nobody_here_can_be_lets_nobody_in(name: str) -> None:
    denied = frozenset({source_user(name)})
    said = Acl(Acl.parse(["everyone", "ada@house.example"]).allow, denied)
    assert RULES.acl(said) == Acl(frozenset(), denied)


def test_a_denied_group_of_another_place_needs_a_rule() -> None:
    rules = replace(RULES, groups_foreign=True)
    for key, denied in (
        ("staff", {"group:all-staff"}),
        ("jdoe", {"group:jdoe", "bob@house.example"}),
    ):
        found = rules.acl(Acl.parse(["everyone"], [f"group:{key}"]))
        assert found == Acl.parse(["everyone"], denied)
    unknown = Acl.parse(["everyone", "ada@house.example"], ["group:other"])
    assert rules.acl(unknown) == Acl.parse([], ["group:other"])
    assert RULES.acl(unknown) == unknown
    # a bare name that is one person says nothing of a group
    of_one = AccountRules(ids={source_user("other"): PrincipalRef.parse("ada@house.example")})
    assert replace(of_one, groups_foreign=True).acl(unknown) == Acl.parse([], ["group:other"])


NAMES = [
    "ada@old.example", "ada@house.example", "boss@old.example", "eve@house.example", "group:staff",
    "group:all-staff", "group:jdoe", "bob@house.example", "group:other", "everyone", "public",
]  # fmt: skip


@given(allow=st.sets(st.sampled_from(NAMES)), deny=st.sets(st.sampled_from(NAMES)))
def test_only_what_was_named_is_let_in_and_what_was_denied_stays_denied(
    allow: set[str], deny: set[str]
) -> None:
    mapped = RULES.acl(Acl.parse(allow, deny))
    one_by_one = [RULES.acl(Acl.parse([name])).allow for name in allow]
    assert mapped.allow == frozenset[PrincipalRef]().union(*one_by_one)
    for name in deny:
        assert RULES.acl(Acl.parse([name])).allow <= mapped.deny
    widest = {PrincipalRef(PrincipalKind.EVERYONE), PrincipalRef(PrincipalKind.PUBLIC)}
    assert mapped.allow & widest == Acl.parse(allow).allow & widest


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (None, "config.accounts must be a mapping"),
        (["ids"], "config.accounts must be a mapping"),
        ({"emails": {}}, "'emails'; write domains and ids"),
        ({"ids": ["jdoe"]}, "config.accounts.ids must be a mapping"),
        ({"domains": None}, "config.accounts.domains must be a mapping"),
        ({"ids": {"jdoe": "everyone"}}, "may not let everybody in"),
        ({"ids": {"jdoe": " public "}}, "may not let everybody in"),
        ({"ids": {"jdoe": "ada"}}, "write an e-mail address or group:KEY"),
        ({"ids": {"jdoe": None}}, "write an e-mail address or group:KEY"),
        ({"ids": {"everyone": "group:staff"}}, "cannot say who everyone is"),
        ({"ids": {"public": "group:staff"}}, "cannot say who public is"),
        ({"ids": {1000: "ada@house.example"}}, "in quotes"),
        ({"ids": {" ": "ada@house.example"}}, "in quotes"),
        ({"ids": {"A@x.example": "a@b.example", "a@X.example": "c@b.example"}}, "twice"),
        ({"domains": {"A.example": "b.example", "a.example": "c.example"}}, "twice"),
        ({"domains": {"@old.example": "house.example"}}, "write a domain as in"),
        ({"domains": {"*.old.example": "house.example"}}, "write a domain as in"),
        ({"domains": {"old.example": 1}}, "write a domain as in"),
        ({"domains": {"old.example": ""}}, "write a domain as in"),
    ],
)
def test_rules_that_are_wrong_say_what_to_do(said: Any, named: str) -> None:
    with pytest.raises(ValueError, match=r"config\.accounts") as error:
        AccountRules.read(said)
    assert named in str(error.value)


@pytest.mark.parametrize("name", ["everyone", "public", "group:staff", "", " ", "a\nb", "\udce9"])
def test_a_name_that_an_acl_reads_as_something_else_is_no_user(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        source_user(name)
