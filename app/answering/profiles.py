"""How a model is used: what it is good at decides, by its name."""

from __future__ import annotations

from enum import StrEnum

from app.errors import ConfigurationError


class Profile(StrEnum):
    """`EVIDENCE`: the quotes lead, and the model's one sentence is added where they support it;
    for small models. `CONTEXT`: the model writes the answer from whole passages."""

    EVIDENCE = "evidence"
    CONTEXT = "context"


_BY_NAME = {"SmolLM2-135M-Instruct": Profile.EVIDENCE, "SmolLM2-360M-Instruct": Profile.EVIDENCE}


def profile_of(model: str, stated: str | None) -> Profile:
    """The profile that a setting states, or the model's own. Raises ConfigurationError."""
    if stated is None:
        return _BY_NAME.get(model.rpartition("/")[2], Profile.CONTEXT)
    try:
        return Profile(stated)
    except ValueError as error:
        known = ", ".join(profile.value for profile in Profile)
        raise ConfigurationError(f"PORTCULLIS_CHAT_PROFILE must be one of {known}") from error
