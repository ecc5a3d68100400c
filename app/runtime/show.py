"""What `--demo` adds: the demo company's people, documents and accounts."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import yaml

from app.authn.accounts import add_user, find_account
from app.authn.tokens import create_token
from app.db.engine import Database
from app.domain.principal import Role
from app.errors import ConfigurationError
from app.runtime.folders import Folders
from app.runtime.secrets import installation_secret, login_passwords
from app.settings import PROJECT, Settings

PASSWORD = "portcullis-demo"  # noqa: S105
PEOPLE = PROJECT / "demo" / "people.yaml"


@dataclass(frozen=True)
class Show:
    """The demo company. The password of its accounts is public: it guards fiction."""

    people: tuple[dict[str, str], ...]

    @classmethod
    def load(cls) -> Show:
        """Raises ConfigurationError when the folder `demo` is not there."""
        try:
            said: dict[str, Any] = yaml.safe_load(PEOPLE.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError("the demo company is missing: there is no demo/") from error
        names = {user["email"]: user["name"] for user in said["users"]}
        return cls(tuple({**a, "name": names[a["email"]]} for a in said["accounts"]))

    def prepare(
        self, settings: Settings, url: str, say: Callable[[str], None], poll: Callable[[], None]
    ) -> None:
        """Accounts, people and documents, through the public API. Repeating it changes nothing."""
        token = asyncio.run(self._accounts(settings))
        folder = Folders(settings.root).root / "demo" / "company"
        environment = {**os.environ, "PORTCULLIS_TOKEN": token}
        for command in (
            ["demo.build", str(folder)],
            ["demo.seed", "--url", url, "--folder", str(folder)],
        ):
            self._run(command, environment, say, poll)

    def accounts(self) -> str:
        """The lines that tell how to sign in."""
        lines = [f"\n  Demo accounts (password of all: {PASSWORD})\n"]
        wide = max(len(person["email"]) for person in self.people)
        lines += [f"    {p['email']:<{wide}}  {p['role']:<10}  {p['ask']}" for p in self.people]
        return "\n".join(lines) + "\n\n"

    async def _accounts(self, settings: Settings) -> str:
        """Make the accounts; a token of the admin among them for the seeding."""
        assert settings.database_url is not None
        database = Database.connect(
            settings.database_url.get_secret_value(),
            login_passwords(installation_secret(settings)),
            pool_size=2,
        )
        try:
            for person in self.people:
                await add_user(
                    database, person["email"], person["name"], Role(person["role"]), PASSWORD
                )
            admin = next(p["email"] for p in self.people if p["role"] == Role.ADMIN)
            account = await find_account(database, admin)
            issued = await create_token(database, account, timedelta(hours=2), label="demo seeding")
            return issued.token
        finally:
            await database.close()

    @staticmethod
    def _run(
        command: list[str],
        environment: dict[str, str],
        say: Callable[[str], None],
        poll: Callable[[], None],
    ) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=PROJECT, env=environment, text=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            os.set_blocking(process.stdout.fileno(), False)
            while process.poll() is None:
                while line := process.stdout.readline():
                    say(line.strip())
                poll()
                time.sleep(0.2)
            for line in process.stdout:
                say(line.strip())
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            raise ConfigurationError(f"`python -m {command[0]}` failed; see the line above")
