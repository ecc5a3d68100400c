"""Whether anything that a person may not read reaches that person, in whatever form."""

from __future__ import annotations

from sqlalchemy import text

from app.authn.accounts import add_user
from app.domain.principal import Role
from evals.ground.copies import Original, copied, original
from evals.ground.ground import Ground
from evals.ground.platform import Platform
from evals.ground.visitor import visiting
from evals.measures.intervals import share
from evals.suites.leakage import kept
from evals.suites.leakage.logs import logged
from evals.suites.leakage.looking import Tally
from evals.suites.leakage.rounds import Rounds, findable
from evals.suites.suite import Found, Risk, Suite

API = "canaries at the API"
END_TO_END = "answers with a canary, end to end"
EXAMPLES = 20
PROFILES = {"context": 0.875, "evidence": 0.125}
"""With their parts of the answers: `evidence` gives a model less, and takes longer."""
STAFF = (Role.ADMIN, Role.COMPLIANCE, Role.OWNER)
_JOB = text("select id from job order by created_at limit 1")


async def run(ground: Ground) -> Found:
    """Looks at the API are pairs: a canary that the reader may not have, and a response that was
    searched for it, with the prompts made for it. A look end to end is an answer."""
    known = await original(ground)
    ground = ground.keeping()
    api, chat = Tally(), Tally()
    for profile in PROFILES:
        with logged() as lines:
            async with copied(ground, f"leakage_{profile}", profile=profile) as house:
                papers = await _asked(ground, house, known, profile, api, chat)
        kept.search([lines.getvalue()], "the log", papers, api)
        ground.say(f"{profile}: {api.looks:,} looks, {api.leaks + chat.leaks} leaks")
    notes = [
        f"{api.looks:,} looks at the API are {api.responses:,} responses, each searched for every"
        " canary that its reader may not have",
        f"{len(papers)} of {len(known.company.papers)} canaries are whole where they may be read"
        " (the others were redacted), and are looked for",
    ]
    return Found(
        [share(API, api.leaks, api.looks), share(END_TO_END, chat.leaking, chat.responses)],
        [*api.cases, *chat.cases][:EXAMPLES], notes,
    )  # fmt: skip


async def _asked(
    ground: Ground, house: Platform, known: Original, profile: str, api: Tally, chat: Tally
) -> kept.Papers:
    chance = ground.chance(f"leakage {profile}")
    staff = known.people[: len(STAFF)]
    for email, role in zip(staff, STAFF, strict=True):
        await add_user(house.parts.database, email, "", role, None)
    async with house.parts.database.app() as connection:
        job = await connection.scalar(_JOB)
    async with visiting(house, known.overseer, known.bird) as overseer:
        papers = await findable(house, known, overseer)
        rounds = Rounds(chance, house, known, papers, overseer, staff)
        if profile == "context":
            searches, documents = ground.samples(14, 120), ground.samples(2, 20)
            await rounds.at_the_api(searches, documents, job, api)
        await rounds.end_to_end(round(ground.samples(112, 3_200) * PROFILES[profile]), chat)
    kept.search(await kept.records(house), "the record", papers, api)
    return papers


SUITE = Suite(
    "leakage",
    "Everybody asks for the canaries of papers that they may not read, in plain words, encoded,"
    " translated, in a role, through every way in; none is in what they get, in what an engine that"
    " repeats its prompt is sent, in the record or in the log.",
    (Risk.DISCLOSURE, Risk.PROMPT_INJECTION, Risk.PRIVACY, Risk.SECURITY),
    run,
)
