"""The real corpora as sources: folders with sidecars, people, groups. Nothing of them is kept."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from app.authz.directory import Group, Person

WHOLE = float(os.environ.get("PORTCULLIS_SCALE", "0.1")) >= 1
"""Whether every file of a corpus is taken, or so many as a run of all tests has time for."""
LEFT_OUT = (
    "cloud", "cto", "product", "security", "tech-ops", "technical-success", "engineering/teams",
    "people-talent/people-ops", "people-talent/talent",
)  # fmt: skip
"""Folders of departments that nobody asks about here."""

DEPARTMENTS = {
    "people-talent": r"people|talent|recruit",
    "finance": r"financ|account(?:ing|ant)|controller|payroll",
    "legal": r"legal|counsel|contract",
    "marketing": r"marketing|content|brand|communit",
    "sales": r"sales|account exec|sdr|business develop",
    "security": r"security",
    "technical-success": r"support|customer engineer|technical success|implementation",
    "product": r"product|design",
    "data-analytics": r"data|analyt",
    "tech-ops": r"tech ?ops|it ",
    "engineering": r"engineer|software|developer",
    "ceo-team": r"ceo|chief of staff",
}


@dataclass(frozen=True)
class Corpus:
    """A folder to sync, and who there is. `emails` maps the corpus' own names of people."""

    folder: Path
    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    emails: Mapping[str, str]


def handbook(data: Path, target: Path) -> Corpus:
    """Each department's folder for that department only, the rest for everyone."""
    shutil.copytree(data / "content", target)
    if not WHOLE:
        for name in LEFT_OUT:
            shutil.rmtree(target / "departments" / name)
    (target / "_acl.yaml").write_text("allow: [everyone]\n")
    members: dict[str, list[str]] = {}
    for folder in sorted((target / "departments").iterdir()):
        if folder.is_dir():
            members[folder.name] = []
            (folder / "_acl.yaml").write_text(f"allow: ['group:{folder.name}']\n")
    said = yaml.safe_load((data / "team.yml").read_text(encoding="utf-8"))
    people: dict[str, Person] = {}
    emails: dict[str, str] = {}
    for key, person in said.items():
        email = str(person.get("email") or "").lower()
        if "@" not in email or email in people:
            continue
        people[email] = Person(email, person["name"])
        emails[key] = email
        role = str(person.get("role", "")).lower()
        for department, words in DEPARTMENTS.items():
            if department in members and re.search(words, role):
                members[department].append(email)
                break
    groups = tuple(Group(key, inside) for key, inside in members.items())
    return Corpus(target, tuple(people.values()), groups, emails)


@dataclass(frozen=True)
class Resumes:
    """Résumés, each for its person, the managers above, and HR; policies for everyone."""

    corpus: Corpus
    owners: Mapping[str, str]
    readers: Mapping[str, frozenset[str]]

    def may_read(self, person: str, document: str) -> bool:
        return person in self.readers[document]


def company(data: Path, target: Path) -> Resumes:
    """The rule is written into sidecars as people would; `readers` says it once more."""
    employees = {
        entry["emp_id"]: entry
        for entry in json.loads((data / "employees.json").read_text(encoding="utf-8"))
    }
    emails = {key: f"{key}@company.example" for key in employees}
    hr = {key for key, entry in employees.items() if entry["category"] == "HR"}
    (target / "policies").mkdir(parents=True)
    (target / "policies" / "_acl.yaml").write_text("allow: [everyone]\n")
    for path in (data / "policies").glob("*.pdf"):
        shutil.copy(path, target / "policies")
    (target / "resumes").mkdir()
    files: dict[str, dict[str, list[str]]] = {}
    readers: dict[str, frozenset[str]] = {}
    owners: dict[str, str] = {}
    for path in sorted((data / "resumes").glob("*.pdf"))[:: 1 if WHOLE else 5]:
        owner = path.stem
        if owner not in employees:
            continue
        shutil.copy(path, target / "resumes")
        chain = [owner]
        while (above := employees[chain[-1]].get("reports_to")) in employees:
            if above in chain:
                break
            chain.append(above)
        files[path.name] = {"allow": ["group:hr", *(emails[key] for key in chain)]}
        readers[f"resumes/{path.name}"] = frozenset(chain) | hr
        owners[f"resumes/{path.name}"] = owner
    sidecar = {"allow": ["group:hr"], "files": files}
    (target / "resumes" / "_acl.yaml").write_text(yaml.safe_dump(sidecar))
    people = tuple(Person(emails[key], emails[key]) for key in employees)
    group = Group("hr", sorted(emails[key] for key in hr))
    return Resumes(Corpus(target, people, (group,), emails), owners, readers)


def pairs(resumes: Resumes, count: int, seed: int) -> list[tuple[str, str]]:
    """Random pairs of a person and a résumé, half of them such that the person may read it."""
    chance = random.Random(seed)
    documents = sorted(resumes.readers)
    everybody = sorted(resumes.corpus.emails)
    chosen = []
    for number in range(count):
        document = chance.choice(documents)
        who = sorted(resumes.readers[document]) if number % 2 else everybody
        chosen.append((chance.choice(who), document))
    return chosen
