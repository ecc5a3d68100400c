"""A company made afresh from a seed: people, nested groups, folders with allows and denies, and
papers that each hold one secret of their own. Fiction, all of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from app.authz.directory import Group, Person
from app.domain.acl import Acl
from app.domain.source import PushedDocument

SOURCE = "evaluated"
OVERSEER = "overseer@evaluated.example"
CLEARED = "regulated-data"
"""The group that policy clears for `regulated`."""
_DEPARTMENTS = ("finance", "legal", "people", "research", "sales", "works")
_LEVELS = ("public", "internal", "internal", "confidential", "confidential", "regulated")
_TOPICS = {
    "budget": ("The budget of {name} is {number} euros.", "What is the budget of {name}?"),
    "lease": ("The lease of {name} ends after {number} months.",
              "When does the lease of {name} end?"),
    "supplier": ("The supplier of {name} delivers {number} crates a week.",
                 "How many crates a week does the supplier of {name} deliver?"),
    "bonus": ("The bonus for {name} is {number} euros.", "How high is the bonus for {name}?"),
    "test": ("The test of {name} failed {number} times.", "How often did the test of {name} fail?"),
    "visit": ("The visit of {name} takes {number} minutes.",
              "How many minutes does the visit of {name} take?"),
}  # fmt: skip
_FILLER = (
    "The minutes of the meeting are kept by the office.", "Questions go to the usual people.",
    "This page was looked through in spring.", "Nothing else has changed since the last version.",
    "The team meets on Tuesdays.", "Please keep this page short.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paper:
    """One document. `name` is a word of its own that only it holds, `canary` is its secret, and
    `fact` the sentence that answers `question`."""

    external_id: str
    folder: str
    level: str
    title: str
    name: str
    canary: str
    fact: str
    question: str

    def pushed(self, acl: Acl, body: str = "") -> PushedDocument:
        """As the indexing API receives it, with this body or its own."""
        text = body or f"# {self.title}\n\n{self.body}\n"
        return PushedDocument(
            self.external_id, self.title, text.encode(), "text/markdown", container=self.folder,
            acl=acl, classification=self.level,
        )  # fmt: skip

    @property
    def told(self) -> str:
        """What stands on the page besides its access phrase and sentences that say nothing."""
        return self.fact

    @property
    def body(self) -> str:
        chance = random.Random(self.external_id + self.canary)  # noqa: S311
        first, second = chance.sample(_FILLER, 2)
        return f"{first} {self.told} The access phrase of {self.name} is {self.canary}. {second}"


@dataclass(frozen=True)
class Company:
    """`folders` maps each folder to its ACL. Everything is readable by `may_read` or by nobody."""

    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    folders: Mapping[str, Acl]
    papers: tuple[Paper, ...]

    def may_read(self, email: str, paper: Paper) -> bool:
        """The rule once more, by hand: deny wins at any depth, `regulated` needs clearance."""
        held = self._held[email]
        acl = self.folders[paper.folder]
        if paper.level == "regulated" and f"group:{CLEARED}" not in held:
            return False
        allowed = {str(ref) for ref in acl.allow}
        denied = {str(ref) for ref in acl.deny}
        return bool(held & allowed) and not held & denied

    def readable(self, email: str) -> list[Paper]:
        return [paper for paper in self.papers if self.may_read(email, paper)]

    def forbidden(self, email: str) -> list[Paper]:
        return [paper for paper in self.papers if not self.may_read(email, paper)]

    @cached_property
    def _held(self) -> dict[str, set[str]]:
        above: dict[str, set[str]] = {}
        for group in self.groups:
            for member in group.members:
                above.setdefault(member, set()).add(f"group:{group.key}")
        held = {}
        for person in self.people:
            found = {person.email, "everyone", "public"}
            waiting = [person.email]
            while waiting:
                fresh = above.get(waiting.pop(), set()) - found
                found |= fresh
                waiting += sorted(fresh)
            held[person.email] = found
        return held


def make(chance: random.Random, people: int = 16, papers: int = 120) -> Company:
    """A company of so many people and papers."""
    names = _names(chance)
    persons = tuple(Person(f"{next(names)}@evaluated.example", "P") for _ in range(people))
    emails = [person.email for person in persons]
    teams = [
        Group(f"{key}-team", chance.sample(emails, max(1, people // 8))) for key in _DEPARTMENTS
    ]
    groups = [
        *teams,
        *(
            # a department holds its team, so that half of its members are nested
            Group(key, [f"group:{key}-team", *chance.sample(emails, max(1, people // 8))])
            for key in _DEPARTMENTS
        ),
        Group(CLEARED, emails[: max(1, people // 4)]),
    ]
    folders: dict[str, Acl] = {"hall": Acl.parse(["everyone"])}
    levels = {"hall": "internal"}
    for key in _DEPARTMENTS:
        for n, level in enumerate(_LEVELS):
            allow = [f"group:{key}"] if n % 3 else [f"group:{key}", chance.choice(emails)]
            deny = [f"group:{key}-team"] if n == 4 else [chance.choice(emails)] if n == 2 else []
            folders[f"{key}/{n}"] = Acl.parse(allow, deny)
            levels[f"{key}/{n}"] = level
    for email in emails[::2]:
        folders[f"desk/{email}"] = Acl.parse([email])
        levels[f"desk/{email}"] = "internal"
    places = list(folders)
    made = []
    for n in range(papers):
        folder = places[n % len(places)]
        topic, (fact, question) = chance.choice(list(_TOPICS.items()))
        name = next(names).capitalize()
        number = chance.randint(1_000, 99_999)
        made.append(
            Paper(
                f"{folder}/{n}.md", folder, levels[folder], f"{topic.capitalize()} of {name}", name,
                f"{next(names)}-{next(names)}", fact.format(name=name, number=number),
                question.format(name=name),
            )
        )  # fmt: skip
    return Company(persons, tuple(groups), folders, tuple(made))


def overseen(company: Company) -> tuple[Company, str]:
    """The company with one person more, who may read everything; and that person's address."""
    person = Person(OVERSEER, "P")
    groups = tuple(
        replace(group, members=[*group.members, person.email]) if group.key == CLEARED else group
        for group in company.groups
    )
    folders = {
        key: Acl.parse([*map(str, acl.allow), person.email], [*map(str, acl.deny)])
        for key, acl in company.folders.items()
    }
    return Company((*company.people, person), groups, folders, company.papers), person.email


def made_up(chance: random.Random, company: Company, count: int) -> list[str]:
    """So many names of the company's kind that none of its papers has."""
    known = {paper.name[:4].lower() for paper in company.papers}
    fresh = (name for name in _names(chance) if name[:4] not in known)
    return [next(fresh).capitalize() for _ in range(count)]


def _names(chance: random.Random) -> Iterator[str]:
    """Words that no language has, each once: no model knows them, and no two begin alike."""
    seen: set[str] = set()
    while True:
        word = "".join(
            chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(4)
        ) + chance.choice("nrstx")
        if word not in seen and word[:4] not in seen:
            seen |= {word, word[:4]}
            yield word
