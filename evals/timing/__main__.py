"""`python -m evals.timing`: the measurement on an embedded Postgres of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from app.audit.record import Recorder
from app.authz.levels import load_levels
from app.authz.live import LiveCheck
from app.authz.policy import Policy
from app.authz.scope import ScopeResolver
from app.db.engine import Database
from app.db.migrate import upgrade
from app.retrieval.authorised import AuthorisedSearch
from app.retrieval.copies import CodeCopies
from app.retrieval.search import Searcher
from app.runtime.folders import Folders
from app.runtime.postgres import EmbeddedPostgres
from app.runtime.secrets import login_passwords
from app.runtime.supervisor import Supervisor
from app.settings import PROJECT
from evals.timing.corpus import DIMENSIONS, WordVectors, build, settle
from evals.timing.trials import LEGS, Told, measure

SECRET = "a secret of a measurement, kept nowhere"  # noqa: S105 (its data is made up)
BAR = 0.55


def main() -> int:
    """0 when no upper bound is above the bar, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m evals.timing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="answers of each kind")
    parser.add_argument("--legs", nargs="+", choices=LEGS, default=LEGS, help="what is timed")
    parser.add_argument("--little", type=int, default=1_000, help="chunks that one reads")
    parser.add_argument("--much", type=int, default=30_000, help="chunks that the other reads")
    parser.add_argument("--matches", type=int, nargs="+", default=[1, 10, 100, 1_000, 10_000])
    parser.add_argument("--words", type=int, default=8, help="words of each kind")
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--out", type=Path, help="file for the figures as JSON")
    given = parser.parse_args()
    if given.rounds < 2 or given.words < 1 or min(given.matches) < 1:
        parser.error("at least 2 rounds, 1 word and 1 match are needed")
    if not 1 <= given.little <= given.much:
        parser.error("--little is at least 1 and at most --much")
    with tempfile.TemporaryDirectory(prefix="timing-") as made:
        root = Path(made)
        root.chmod(0o711)  # another user runs Postgres when this runs as root
        folders = Folders(root)
        folders.make()
        supervisor = Supervisor(folders, say=lambda line: None)
        server = EmbeddedPostgres(folders, SECRET)
        try:
            supervisor.start(server)
            supervisor.wait([server], seconds=60)
            told = asyncio.run(_measured(server, given))
        finally:
            supervisor.stop()
    if given.out:
        given.out.write_text(json.dumps([asdict(row) for row in told], indent=1), "utf-8")
    return int(any(row.auc.distance > BAR for row in told))


async def _measured(server: EmbeddedPostgres, given: argparse.Namespace) -> list[Told]:
    levels = load_levels(PROJECT / "policies")
    passwords = login_passwords(SECRET)
    server.ensure_database()
    upgrade(server.owner_url, passwords, levels, DIMENSIONS)
    database = Database.connect(server.owner_url, passwords)
    corpus = await build(database, given.seed, given.little, given.much, given.matches, given.words)
    settle(server.owner_url)
    resolver = ScopeResolver(database, Policy.load(PROJECT / "policies", levels), 600)
    copies = CodeCopies(database, levels, DIMENSIONS)
    search = AuthorisedSearch(
        resolver, Searcher(WordVectors(), copies), Recorder(database), LiveCheck(database, {})
    )
    told = []
    try:
        for reader in corpus.readers:
            _say(f"\nwho reads {corpus.readable[reader]} chunks: AUC of forbidden against absent")
            for row in await measure(search, corpus, reader, given.legs, given.rounds, given.seed):
                told.append(row)
                _say(_line(row))
    finally:
        await database.close()
    return told


def _line(row: Told) -> str:
    return (
        f"  {row.leg:7} {row.matches:6} matches: {row.auc.value:.3f}"
        f" [{row.auc.low:.3f}, {row.auc.high:.3f}]"
        f"  absent {row.absent_ms:.2f} ms, forbidden {row.forbidden_ms:.2f} ms"
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
