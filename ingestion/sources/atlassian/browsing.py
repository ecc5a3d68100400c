"""Who may read an issue: whom the permission scheme of its project lets browse, if its security
level, where it has one, lets them too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

from app.domain.acl import Acl
from ingestion.sources import Scan
from ingestion.sources.atlassian.door import Refused
from ingestion.sources.atlassian.people import People, Reasons, unknown, untold
from ingestion.sources.atlassian.readers import ALL, ANONYMOUS, Audience, Name, Readers, in_both
from ingestion.sources.atlassian.said import STRANGE
from ingestion.sources.atlassian.tracker import (
    BY_FIELD,
    FIELDS,
    Holder,
    Issue,
    Project,
    Tracker,
    browse,
    has_levels,
    level_ids,
    named,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Whom a scheme or a level lets in: `readers` always, and whom fields of an issue name;
    `reasons` say why it may be fewer than at the site."""

    readers: Readers = frozenset()
    by_field: frozenset[Holder] = frozenset()
    reasons: frozenset[str] = frozenset()


@dataclass
class Browsing:
    """Of one project. Its containers are the project, and each of its security levels."""

    project: Project
    tracker: Tracker
    people: People
    scan: Scan
    levels: bool = True
    """Whether its issues may have one."""
    _browse: Rule = Rule()
    _levels: dict[str, Rule] = field(default_factory=dict)
    _roles: dict[Holder, Audience] = field(default_factory=dict)
    _told: dict[str, Reasons] = field(default_factory=dict)
    _fields: tuple[str, ...] = FIELDS

    @property
    def name(self) -> str:
        return f"project/{self.project.key}"

    def open(self) -> bool:
        """Looks at the project itself. Whether its permissions could be read."""
        self.levels = has_levels(self.tracker, self.project)
        try:
            self._browse = self._rule(browse(self.tracker, self.project))
        except Refused:
            self._contain(self.name, frozenset(), {"its permissions may not be looked at"})
            return False
        self._contain(self.name, self._browse.readers, set(self._browse.reasons))
        return True

    def known_levels(self) -> list[str]:
        return level_ids(self.tracker, self.project) if self.levels else []

    def fields(self, levels: Iterable[str]) -> tuple[str, ...]:
        """Which have to be known of an issue that has one of these levels, or none."""
        rules = [self._browse, *map(self._level, levels)]
        by_field = {holder.id for rule in rules for holder in rule.by_field}
        self._fields = (*FIELDS, *sorted(by_field))
        return self._fields

    def place(self, id: str, issue: Issue) -> tuple[str, Acl | None]:
        """Where an issue stands, and its own ACL where that is not its container's; the scan gets
        the container, and under `id` what is wrong with the issue alone."""
        if issue.closed:
            self.scan.problems[id] = untold({"it is restricted in a way that is not known"})
            return self.name, Acl()
        rules, name = [self._browse], self.name
        if issue.level is not None:
            rules.append(self._level(issue.level))
            name = f"{self.name}/level/{issue.level}"
        shared = self._all_of(rule.readers for rule in rules)
        if name not in self.scan.containers:
            self._contain(name, shared, {reason for rule in rules for reason in rule.reasons})
        reasons = Reasons()
        readers = self._all_of([rule.readers | self._named(rule, issue, reasons) for rule in rules])
        acl = self.people.acl(readers, reasons)
        if reasons := reasons - self._told[name]:
            self.scan.problems[id] = untold(reasons)
        return name, None if readers == shared else acl

    def _contain(self, name: str, readers: Readers, reasons: Reasons) -> None:
        self.scan.containers[name] = self.people.acl(readers, reasons)
        if self.people.large:
            reasons.add("the members of a group cannot be listed, or are too many")
        if reasons:
            self.scan.problems[name] = untold(reasons)
        self._told[name] = reasons

    def _all_of(self, each: Iterable[Readers]) -> Readers:
        return reduce(lambda one, other: in_both(one, other, self.people.members), each)

    def _level(self, id: str) -> Rule:
        if id not in self._levels:
            try:
                self._levels[id] = self._rule(self.tracker.level(id))
            except Refused:
                why = "the members of its security level cannot be looked at"
                self._levels[id] = Rule(reasons=frozenset({why}))
        return self._levels[id]

    def _rule(self, held: list[Holder]) -> Rule:
        found, reasons, by_field = set[Name](), Reasons(), set[Holder]()
        for holder in held:
            if holder.kind in BY_FIELD:
                by_field.add(holder)
                continue
            audience = self._audience(holder)
            found |= audience.readers
            reasons |= unknown(audience)
        return Rule(frozenset(found), frozenset(by_field), frozenset(reasons))

    def _audience(self, holder: Holder) -> Audience:
        match holder.kind:
            case "anyone":
                return Audience(frozenset({ANONYMOUS}))
            case "applicationRole" if not holder.id:
                return Audience(frozenset({ALL}))
            case "applicationRole" | "projectRole":
                return self._role(holder)
            case "user" | "group" as kind:
                return Audience(frozenset({Name(kind, holder.id)}))
            case "projectLead" if self.project.lead is not None:
                return Audience(frozenset({self.project.lead}))
        return Audience(frozenset(), frozenset({"holder of a permission"}))

    def _role(self, holder: Holder) -> Audience:
        if holder not in self._roles:
            try:
                if holder.kind == "projectRole":
                    self._roles[holder] = self.tracker.role(self.project.id, holder.id)
                else:
                    self._roles[holder] = self.tracker.application(holder.id)
            except (Refused, *STRANGE):
                self._roles[holder] = Audience(frozenset(), frozenset({"role"}))
        return self._roles[holder]

    def _named(self, rule: Rule, issue: Issue, reasons: Reasons) -> Readers:
        found = set[Name]()
        for holder in rule.by_field:
            try:
                if holder.id not in self._fields:
                    raise ValueError
                found |= named(self.tracker, holder, issue)
            except STRANGE:
                reasons.add("a field that says who may read it cannot be understood")
        return frozenset(found)
