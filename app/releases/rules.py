"""What policy asks of a release before a promotion: `policies/release.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import yaml

from app.domain.principal import Role
from app.domain.release import Stage
from app.errors import ConfigurationError

FILE = "release.yaml"
GATED = (Stage.EVALUATED, Stage.STAGED, Stage.SHADOW, Stage.CANARY, Stage.PRODUCTION)
EFFORTS = ("change", "release")
"""From the weaker to the stronger."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`effort` is the least effort by stage, `fresh` how long a gate report counts, `approved` the
    stages that a second person has to agree to, `approvers` whose agreement counts."""

    effort: Mapping[Stage, str]
    fresh: timedelta
    approved: frozenset[Stage]
    approvers: frozenset[Role]

    @classmethod
    def load(cls, policies: Path) -> Rules:
        """Raises ConfigurationError when the file is missing or says less than is needed."""
        path = policies / FILE
        try:
            said = yaml.safe_load(path.read_text(encoding="utf-8"))
            rules = cls(
                {Stage(stage): str(effort) for stage, effort in said["gate"]["effort"].items()},
                timedelta(days=int(said["gate"]["days"])),
                frozenset(map(Stage, said["approved"])),
                frozenset(map(Role, said["approvers"])),
            )
        except (OSError, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"{path}: say gate.effort by stage, gate.days, approved and approvers"
            ) from error
        if set(rules.effort) != set(GATED) or not set(rules.effort.values()) <= set(EFFORTS):
            raise ConfigurationError(
                f"{path}: gate.effort gives each of {', '.join(GATED)} one of {', '.join(EFFORTS)}"
            )
        return rules
