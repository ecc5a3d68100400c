"""Every golden question of the demo company, asked over HTTP of the real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from app.settings import PROJECT
from tests.e2e.conftest import Platform

pytestmark = pytest.mark.e2e

QUESTIONS: list[dict[str, Any]] = yaml.safe_load(
    (PROJECT / "demo" / "questions.yaml").read_text(encoding="utf-8")
)
ALLOWED_TO_MISS = 2
"""Of the answers with expected words; of what must not be said, none may be."""


def test_the_golden_questions(platform: Platform) -> None:
    tokens: dict[str, str] = {}
    missed: list[str] = []
    leaked: list[str] = []
    for question in QUESTIONS:
        person = question["as"]
        if person not in tokens:
            made = platform.command("token", "create", "--user", person, "--ttl", "30m")
            tokens[person] = made.stdout.strip()
        answer = httpx.post(
            f"{platform.url}/api/v1/ask",
            json={"question": question["ask"]},
            headers={"Authorization": f"Bearer {tokens[person]}"},
            timeout=120,
        ).json()
        said = answer["answer"].replace("\\", "") + " ".join(
            citation["quote"] for citation in answer["citations"]
        )
        about = f"{question['ask']} as {question['as']}"
        if not all(words in said for words in question.get("expect", [])):
            missed.append(about)
        if any(words in said for words in question.get("not", [])):
            leaked.append(about)
        if question.get("nothing") and answer["outcome"] != "nothing_found":
            leaked.append(about)
        sources = {citation["document_id"] for citation in answer["citations"]}
        assert bool(sources) == (answer["outcome"] == "answered")
    assert not leaked
    with platform.client("amara.singh@lumenharbour.example") as client:
        # who asked is on record, and an admin reads none of it
        assert client.get("/audit").status_code == 403
    assert len(missed) <= ALLOWED_TO_MISS, missed


def test_forbidden_and_absent_answer_alike(platform: Platform) -> None:
    with platform.client("mia.okafor@lumenharbour.example") as client:
        forbidden = client.post(
            "/ask", json={"question": "How many weeks of severance does the Kestrel plan offer?"}
        ).json()
        absent = client.post("/ask", json={"question": "How do I bake sourdough bread?"}).json()
    for answer in (forbidden, absent):
        for own in ("audit_id", "revision"):
            answer.pop(own)
    assert forbidden == absent


def test_streamed(platform: Platform) -> None:
    with (
        platform.client("mia.okafor@lumenharbour.example") as client,
        client.stream(
            "POST", "/ask", json={"question": "How long is parental leave?", "stream": True}
        ) as answer,
    ):
        lines = list(answer.iter_lines())
    events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert events[0] == "started"
    assert "delta" in events
    assert events[-1] == "finished"


def test_openai_protocol(platform: Platform) -> None:
    from openai import OpenAI

    client = OpenAI(
        base_url=f"{platform.url}/v1",
        api_key=platform.token("mia.okafor@lumenharbour.example"),
    )
    assert [model.id for model in client.models.list()] == ["portcullis"]
    ask: Any = [{"role": "user", "content": "How long is parental leave?"}]
    whole = client.chat.completions.create(model="portcullis", messages=ask)
    assert "20 weeks" in (whole.choices[0].message.content or "")
    pieces = client.chat.completions.create(model="portcullis", messages=ask, stream=True)
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    assert "20 weeks" in text


def test_the_command_line(platform: Platform) -> None:
    person = "mia.okafor@lumenharbour.example"
    asked = platform.command("ask", "--as", person, "How long is parental leave?")
    assert "20 weeks of parental leave" in asked.stdout
    found = platform.command("search", "--as", person, "--json", "signing keys")
    assert "key-rotation.md" in found.stdout
    record = platform.command("audit", "query", "--subject", person, "--json")
    assert '"action": "search"' in record.stdout
    assert "parental" not in record.stdout
    doctor = platform.command("doctor")
    assert doctor.returncode == 0, doctor.stdout
    made = platform.command("token", "create", "--user", person, "--ttl", "30m").stdout.strip()
    headers = {"Authorization": f"Bearer {made}"}
    mine = httpx.post(f"{platform.url}/api/v1/search", json={"query": "leave"}, headers=headers)
    assert mine.status_code == 200
    listed = platform.command("source", "list")
    assert "company-drive" in listed.stdout


def test_a_second_start_on_the_same_data_is_refused(platform: Platform) -> None:
    second = platform.command("up")
    assert second.returncode == 1
    assert "runs on" in second.stderr
    assert "--data-dir" in second.stderr


def test_logs_hold_no_words_of_questions_or_documents(platform: Platform) -> None:
    with platform.client("mia.okafor@lumenharbour.example") as client:
        client.post("/ask", json={"question": "Where do zebrafinches rotate the signing keys?"})
    logs = "".join(
        path.read_text(errors="replace") for path in Path(platform.data / "logs").iterdir()
    )
    for words in ("zebrafinches", "safe in room", "parental leave", "portcullis-demo", "pcs_"):
        assert words not in logs
