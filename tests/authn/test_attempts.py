"""Guessing passwords is slowed down, and nothing else is."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from app.authn.attempts import ALLOWED, REMEMBERED, WAIT_SECONDS, Attempts
from app.errors import DatabaseUnavailable, TooManyAttempts, WrongCredentials

ANN = "ann@house.example"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(clock)


def fail(attempts: Attempts, email: str = ANN) -> None:
    with pytest.raises(WrongCredentials), attempts.attempt(email):
        raise WrongCredentials


def refused(attempts: Attempts, email: str = ANN) -> bool:
    try:
        fail(attempts, email)
    except TooManyAttempts:
        return True
    return False


def test_after_some_failures_one_has_to_wait_before_each_further_try(
    attempts: Attempts, clock: Clock
) -> None:
    for _ in range(ALLOWED):
        fail(attempts)
    assert refused(attempts)
    clock.now += WAIT_SECONDS - 1
    assert refused(attempts), "being refused does not count, but waiting goes on"
    clock.now += 1
    fail(attempts)
    assert refused(attempts), "one try a wait, not a new row of free ones"


def test_another_address_is_not_held_up(attempts: Attempts) -> None:
    for _ in range(ALLOWED):
        fail(attempts)
    assert not refused(attempts, "bob@house.example")


def test_success_starts_from_nothing(attempts: Attempts) -> None:
    for _ in range(3):
        for _ in range(ALLOWED - 1):
            fail(attempts)
        with attempts.attempt(ANN):
            pass
    assert not refused(attempts)


def test_tries_at_the_same_time_are_counted_from_their_beginning(attempts: Attempts) -> None:
    with ExitStack() as open_tries:
        for _ in range(ALLOWED):
            open_tries.enter_context(attempts.attempt(ANN))
        with pytest.raises(TooManyAttempts):
            open_tries.enter_context(attempts.attempt(ANN))


def test_a_database_that_is_down_is_nobody_s_wrong_guess(attempts: Attempts) -> None:
    for _ in range(ALLOWED * 2):
        with pytest.raises(DatabaseUnavailable), attempts.attempt(ANN):
            raise DatabaseUnavailable
    assert not refused(attempts)


def test_inventing_addresses_fills_no_memory(attempts: Attempts) -> None:
    for number in range(REMEMBERED + 50):
        fail(attempts, f"{number}@house.example")
    assert len(attempts._failures) == REMEMBERED
