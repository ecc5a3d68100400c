"""How far a job is, in words: the same on the command line and on the page."""

from __future__ import annotations

from app.domain.source import Job

_MINUTE, _HOUR = 60, 3600


def progress(job: Job) -> str:
    """Documents done, failed and quarantined, and while it runs the rate and the time left."""
    words = f"{job.done:,} of {job.total:,}"
    if job.failed:
        words += f", {job.failed:,} failed"
        words += f" ({job.quarantined:,} quarantined)" if job.quarantined else ""
    if job.state == "running" and job.rate is not None and job.seconds_left is not None:
        words += f", {job.rate:.1f} a second, {_duration(job.seconds_left)} left"
    return words


def _duration(seconds: float) -> str:
    """Roughly, as nobody knows better."""
    if seconds < 2 * _MINUTE:
        return f"about {seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"about {seconds / _MINUTE:.0f} min"
    return f"about {seconds / _HOUR:.0f} h"
