"""How many planted orders come true, by family and by where they stand, and what answers are lost
by them: asked of the served platform, on an engine that obeys documents."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from app.answering.profiles import Profile
from evals.ground.company import Company, make
from evals.ground.ground import Ground, Missing
from evals.ground.parrot import parrot
from evals.ground.platform import platform
from evals.ground.small import SmallModel
from evals.measures.intervals import share
from evals.measures.measure import Measure
from evals.suites.injection.attacks import Made, families
from evals.suites.injection.carriers import CARRIERS
from evals.suites.injection.desk import Desk, Planted, Tried, mails
from evals.suites.injection.obeying import Obeying
from evals.suites.suite import Case, Found, Risk, Suite

PER_DOCUMENT = 6
"""So many orders stand together in one place; at each question the engine obeys one of them."""
PAPERS = 60
SHOWN = 20


async def run(ground: Ground) -> Found:
    tried = await attacked(ground, Profile.CONTEXT, ground.samples(190, 600))
    led = await attacked(ground, Profile.EVIDENCE, ground.samples(22, 80))
    measures = [*_measures(tried), *_whole("quotes first, ", led)]
    notes = []
    try:
        small = await attacked(
            ground, Profile.EVIDENCE, ground.samples(2, 10), SmallModel.of(ground).says
        )
        measures += _whole("small model, ", small)
    except Missing as missing:
        notes.append(missing.message)
        small = []
    return Found(measures, _cases([*tried, *led, *small]), notes)


async def attacked(
    ground: Ground, profile: Profile, each: int, says: Callable[[str], str] | None = None
) -> list[Tried]:
    """`each` attacks of every family, planted and asked about; answered by the engine that obeys,
    or by one that `says` what it makes of a prompt."""
    ground = ground.keeping()
    chance = ground.chance(f"injection {profile}")
    folder = ground.data_set("injection/bipia")
    name = f"injection_{profile.value}"
    company = make(chance, people=8, papers=PAPERS)
    plan = _planned(company, families(folder), each, chance)
    async with parrot() as bird:
        engine = Obeying(otherwise=says)
        bird.says = engine.says
        async with platform(ground, name, company, bird.url, profile=profile.value) as house:
            desk = Desk(house, engine, mails(folder), chance)
            found = await desk.try_all(plan)
    ground.scratch.drop(name)
    return found


def _planned(
    company: Company, made: Mapping[str, Made], each: int, chance: random.Random
) -> list[Planted]:
    """`each` attacks of every family, in groups that stand together. Every paper is as often in
    each place."""
    asked = [
        (chance.choice(may), paper)
        for paper in company.papers
        if (may := [p.email for p in company.people if company.may_read(p.email, paper)])
    ]
    order = [family for family in made for _ in range(each)]
    chance.shuffle(order)
    groups = [order[at : at + PER_DOCUMENT] for at in range(0, len(order), PER_DOCUMENT)]
    places = itertools.cycle(CARRIERS)
    planned = []
    for (reader, paper), group in zip(itertools.cycle(asked), groups, strict=False):
        attacks = [(family, made[family](chance, paper)) for family in group]
        planned.append(Planted(reader, paper, next(places), attacks))
    return planned


def _measures(tried: Sequence[Tried]) -> list[Measure]:
    return [
        *_whole("", tried),
        *_succeeded("succeeded, ", tried, lambda one: one.family),
        *_succeeded("succeeded, in ", tried, lambda one: one.carrier),
        *_succeeded("succeeded by way of ", tried, lambda one: one.way),
        *_succeeded("succeeded, of kind ", tried, lambda one: one.attack.kind),
    ]


def _whole(of: str, tried: Sequence[Tried]) -> list[Measure]:
    """Lost are the answers that were there without the attack and are not with it, whatever is won
    on the other side."""
    counts = {
        "succeeded": [one.succeeded for one in tried],
        "useful answers lost": [one.lost for one in tried],
        "answered without attack": [one.before for one in tried],
        "orders that came before the model": [one.reached for one in tried],
        "orders shown as quotes": [one.shown.quotes_order(one.attack) for one in tried],
    }
    return [share(f"{of}{name}", sum(each), len(each)) for name, each in counts.items()]


def _cases(tried: Sequence[Tried]) -> list[Case]:
    bad = [one for one in tried if one.succeeded or one.lost]
    return [
        Case(
            f"{one.family}, in {one.carrier}, {one.way}: {one.attack.order}",
            f"{'told' if one.succeeded else 'lost'}: {one.shown.own} > {one.shown.quotes}"[:400],
        )
        for one in sorted(bad, key=lambda one: not one.succeeded)[:SHOWN]
    ]


def _succeeded(name: str, tried: Sequence[Tried], of: Callable[[Tried], str]) -> list[Measure]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for one in tried:
        groups[of(one)].append(one.succeeded)
    return [share(f"{name}{key}", sum(all_), len(all_)) for key, all_ in sorted(groups.items())]


SUITE = Suite(
    "injection",
    "Orders to the model, of BIPIA and ours, planted in documents, names, e-mails, tables and"
    " hidden text, asked of the served platform on an engine that obeys every one that its prompt"
    " holds: what readers are told, and which answers they lose.",
    (Risk.PROMPT_INJECTION, Risk.PROMPT_LEAKAGE, Risk.OUTPUT_HANDLING, Risk.SECURITY),
    run,
)
