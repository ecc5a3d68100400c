"""Bring the demo company in over the public API: `python -m demo.seed --url URL --folder DIR`.

The bearer token of an admin is read from PORTCULLIS_TOKEN. Repeating it changes nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import yaml

SOURCE = "company-drive"
PEOPLE = Path(__file__).resolve().parent / "people.yaml"


def seed(client: httpx.Client, folder: Path) -> None:
    """People, groups, the source, and a sync until it has ended. Raises RuntimeError."""
    people = yaml.safe_load(PEOPLE.read_text(encoding="utf-8"))
    users = [{"email": user["email"], "name": user["name"]} for user in people["users"]]
    _send(client, "PUT", "/directory", {"users": users, "groups": people["groups"]})
    print(f"{len(users)} people and {len(people['groups'])} groups are in the directory")
    owner = next(a["email"] for a in people["accounts"] if a["role"] == "owner")
    body = {
        "kind": "filesystem",
        "config": {"path": str(folder.resolve())},
        "classification_floor": "public",
        "owner": owner,
    }
    _send(client, "PUT", f"/sources/{SOURCE}", body)
    job = _send(client, "POST", f"/sources/{SOURCE}/sync")["job"]
    shown = ""
    while True:
        state = _send(client, "GET", f"/jobs/{job}")
        line = f"documents: {state['done']} of {state['total']}"
        if line != shown and state["total"]:
            shown = line
            print(line, flush=True)
        if state["state"] == "failed":
            raise RuntimeError(f"the sync failed: {state['message']}")
        if state["state"] == "done":
            break
        time.sleep(1)
    if state["message"]:
        print(state["message"])


def _send(
    client: httpx.Client, method: str, path: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    try:
        response = client.request(method, f"/api/v1{path}", json=body)
    except httpx.HTTPError as error:
        raise RuntimeError(f"the service does not answer ({type(error).__name__})") from error
    answer: dict[str, Any] = response.json()
    if not response.is_success:
        raise RuntimeError(f"{method} {path}: {answer.get('detail')}")
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(description="Seed the demo company.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", required=True, type=Path)
    options = parser.parse_args()
    headers = {"Authorization": f"Bearer {os.environ.get('PORTCULLIS_TOKEN', '')}"}
    try:
        with httpx.Client(base_url=options.url, headers=headers, timeout=60) as client:
            seed(client, options.folder)
    except RuntimeError as error:
        print(f"seed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
