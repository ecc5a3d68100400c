"""Gate reports: what the evaluations said about one release, signed, and whether it is enough.

The evaluations judge; here it is checked that they did, of this release, lately and completely.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from app.db.engine import AppConnection
from app.domain.release import Gate, GateLine, Signature, Stage
from app.errors import InvalidInput, NotPermitted
from app.releases.canonical import canonical
from app.releases.rules import EFFORTS, Rules
from app.releases.signing import Signer

GOOD = ("passed", "reported")
_WRONG = {
    "failed": "missed its bar",
    "under-powered": "had too few samples",
    "missing": "was not measured",
    "skipped": "was skipped",
}

_ATTACH = text("""
insert into gate_report (release, report, key_id, public_key, signature, thresholds, verdict)
values (:release, :report, :key_id, :public_key, :signature, :thresholds, :verdict)
""")
_ATTACHED = text("select * from gate_report where release = :release order by id")


@dataclass(frozen=True, slots=True)
class SignedGate:
    gate: Gate
    signature: Signature

    def plain(self) -> dict[str, Any]:
        """As its file holds it."""
        return {"gate": plain(self.gate), "signature": asdict(self.signature)}

    @classmethod
    def of(cls, said: Any) -> SignedGate:
        """From its file. Raises InvalidInput when it is none."""
        try:
            return cls(_gate(said["gate"]), Signature(**said["signature"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidInput(
                "this is no signed gate report; `portcullis release seal` makes one of the report"
                " of `portcullis evals run`"
            ) from error


def plain(gate: Gate) -> dict[str, Any]:
    """As it is signed."""
    return {**asdict(gate), "at": gate.at.astimezone(UTC).isoformat()}


def good(gate: Gate) -> bool:
    """Whether something was required, every suite ran to its end and every line is good."""
    required = any(line.bar for line in gate.lines)
    return required and not gate.errors and all(line.verdict in GOOD for line in gate.lines)


def refusals(
    signed: SignedGate,
    *,
    release: str,
    to: Stage,
    signer: Signer,
    thresholds: str,
    rules: Rules,
    now: datetime,
) -> list[str]:
    """Why a gate report does not open this stage to this release, each a sentence; none when it
    does. `thresholds` is the digest of the bars of today."""
    gate = signed.gate
    if not signer.signed(plain(gate), signed.signature):
        return [
            "the signature is not that of this installation, or the report was changed; run the"
            " evaluations here"
        ]
    said = []
    if gate.release != release:
        said.append(f"it is about {gate.release}, not about {release}; evaluate this one")
    if gate.thresholds != thresholds:
        said.append("it was held to other bars than today's; evaluate again")
    least = rules.effort[to]
    if gate.effort not in EFFORTS or EFFORTS.index(gate.effort) < EFFORTS.index(least):
        said.append(
            f"it took the effort `{gate.effort}`, and {to} needs `{least}`; run the evaluations"
            f" with --effort {least}"
        )
    if not gate.at <= now <= gate.at + rules.fresh:
        said.append(
            f"it is of {gate.at:%Y-%m-%d}, and counts for {rules.fresh.days} days; evaluate again"
        )
    if not any(line.bar for line in gate.lines):
        said.append("it holds no measure with a bar, so nothing was shown; run all suites")
    said += [f"the suite {error} did not run to its end" for error in gate.errors]
    said += [
        f"{line.suite}: {line.name or 'everything'} {_WRONG.get(line.verdict, line.verdict)}"
        for line in gate.lines
        if line.verdict not in GOOD
    ]
    return said


def require(
    attached: Sequence[SignedGate],
    *,
    release: str,
    to: Stage,
    signer: Signer,
    thresholds: str,
    rules: Rules,
    now: datetime,
) -> SignedGate:
    """The newest report, where it opens the stage. An older one that passed is no excuse for a
    newer one that did not.

    Raises NotPermitted saying what is missing.
    """
    if not attached:
        raise NotPermitted(
            f"{release} has no gate report, and {to} needs one; run `portcullis evals run --effort"
            f" {rules.effort[to]} --release {release}`, then `release seal` and `release attach`"
        )
    newest = max(attached, key=lambda one: one.gate.at)
    said = refusals(
        newest, release=release, to=to, signer=signer, thresholds=thresholds, rules=rules, now=now
    )
    if said:
        raise NotPermitted(f"the gate report of {release} does not open {to}: {'; '.join(said)}")
    return newest


async def attach(connection: AppConnection, release: str, signed: SignedGate) -> bool:
    """Keep a report, passed or not; whether every line of it is good."""
    passed = good(signed.gate)
    await connection.execute(
        _ATTACH,
        {
            "release": release,
            "report": canonical(plain(signed.gate)).decode(),
            "key_id": signed.signature.key_id,
            "public_key": signed.signature.public_key,
            "signature": signed.signature.value,
            "thresholds": signed.gate.thresholds,
            "verdict": "passed" if passed else "failed",
        },
    )
    return passed


async def attached(connection: AppConnection, release: str) -> list[SignedGate]:
    """The reports of a release, in the order they came."""
    rows = await connection.execute(_ATTACHED, {"release": release})
    return [
        SignedGate(
            _gate(json.loads(row.report)), Signature(row.key_id, row.public_key, row.signature)
        )
        for row in rows
    ]


def _gate(said: Mapping[str, Any]) -> Gate:
    return Gate(
        release=str(said["release"]),
        effort=str(said["effort"]),
        thresholds=str(said["thresholds"]),
        at=datetime.fromisoformat(said["at"]).astimezone(UTC),
        lines=tuple(GateLine(**line) for line in said["lines"]),
        errors=tuple(str(error) for error in said["errors"]),
    )
