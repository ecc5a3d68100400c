"""A run that stops is taken up where it stopped, and only by a run that is the same."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli.settings import settings_from
from app.errors import InvalidInput
from app.settings import PROJECT
from evals import command
from evals.command import run
from evals.gates.gate import gate
from evals.gates.report import Report
from evals.gates.thresholds import Thresholds
from evals.ground.ground import Ground
from evals.measures.intervals import share
from evals.program import folder_digest, program
from evals.suites.suite import Found, Suite
from evals.unfinished import FILE
from tests.evals.sample import thresholds

pytestmark = pytest.mark.integration

RELEASE = "r-0123456789ab"
BARS = "first: {bad: {at_most: .1}}\nlast: {bad: {at_most: .1}}"


class Runs:
    """Three suites: the second breaks and the third stops the whole run, as long as they are told
    to. `began` says which have begun."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.breaks = self.stops = True

    def suites(self) -> list[Suite]:
        return [Suite(name, "", (), self._of(name)) for name in ("first", "second", "last")]

    def _of(self, name: str):  # type: ignore[no-untyped-def]
        async def how(ground: Ground) -> Found:
            self.began.append(name)
            if name == "second" and self.breaks:
                raise OSError
            if name == "last" and self.stops:
                raise KeyboardInterrupt
            return Found((share("bad", 0, ground.chance(name).randint(100, 10_000)),))

        return how


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def out(tmp_path: Path, runs: Runs) -> Path:
    """The folder of a run that stopped in its last suite."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "set.txt").write_text("labelled")
    thresholds(tmp_path, BARS)
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path, runs, resume=False)
    assert runs.began == ["first", "second", "last"]
    runs.began.clear()
    runs.breaks = runs.stops = False
    return tmp_path


def go(
    folder: Path, runs: Runs, *, resume: bool = True, seed: int | None = 7, effort: str = "change",
    release: str = RELEASE, suites: int = 3,
) -> bool:  # fmt: skip
    return run(
        runs.suites()[:suites], part=False, effort=effort, seed=seed, release=release,
        out=folder / "out", data=folder / "data", folder=None,
        thresholds=folder / "thresholds.yaml", resume=resume,
    )  # fmt: skip


def test_what_ended_is_taken_over_and_what_broke_is_run_again(
    out: Path, runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Report.read(out / "out" / FILE).results
    assert [(result.suite, bool(result.error)) for result in kept] == [
        ("first", False), ("second", True),
    ]  # fmt: skip
    assert not (out / "out" / "report.json").exists()
    assert go(out, runs, seed=None)
    assert runs.began == ["second", "last"]
    report = Report.read(out / "out" / "report.json")
    assert report.seed == 7
    assert [result.suite for result in report.results] == ["first", "second", "last"]
    assert report.results[0] == kept[0]
    times = [result.at for result in report.results]
    assert None not in times and times == sorted(times)  # type: ignore[type-var]
    assert "first: taken over, measured at 20" in capsys.readouterr().err
    assert not (out / "out" / FILE).exists()


def test_where_one_broke_it_alone_can_be_run_again(out: Path, runs: Runs) -> None:
    runs.breaks = True
    assert not go(out, runs)
    runs.breaks = False
    runs.began.clear()
    assert go(out, runs)
    assert runs.began == ["second"]


def test_without_being_told_nothing_is_taken_over(out: Path, runs: Runs) -> None:
    assert go(out, runs, resume=False)
    assert runs.began == ["first", "second", "last"]


def test_a_run_that_differs_does_not_go_on(
    out: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**options: object) -> str:
        with pytest.raises(InvalidInput) as told:
            go(out, runs, **options)  # type: ignore[arg-type]
        assert "\n" not in told.value.message
        return told.value.message.partition("; ")[2]

    before = (out / "out" / FILE).read_bytes()
    assert refused(seed=8) == "this would change the seed from 7 to 8"
    assert refused(effort="release") == "this would change the effort from change to release"
    assert refused(release="r2") == f"this would change the release from {RELEASE} to r2"
    assert refused(suites=1) == "this would change its suites, which second is one of"
    (out / "data" / "set.txt").write_text("labelled otherwise")
    assert refused() == "this would change the labelled sets"
    (out / "data" / "set.txt").write_text("labelled")
    thresholds(out, BARS.replace(".1", ".2"))
    assert refused(seed=8) == "this would change the seed from 7 to 8 and the bars"
    thresholds(out, BARS)
    monkeypatch.setattr(command, "program", lambda settings: "another")
    assert refused() == "this would change the program, or what it runs on"
    assert runs.began == [] and (out / "out" / FILE).read_bytes() == before


def test_there_has_to_be_one(tmp_path: Path, runs: Runs) -> None:
    thresholds(tmp_path, BARS)
    with pytest.raises(InvalidInput, match="no unfinished run"):
        go(tmp_path, runs)


def test_a_report_that_was_taken_up_is_as_old_as_its_first_part(out: Path, runs: Runs) -> None:
    file = out / "out" / FILE
    long_ago = datetime.now(UTC) - timedelta(days=40)
    at = Report.read(file).results[0].at
    assert at
    file.write_text(file.read_text().replace(at.isoformat(), long_ago.isoformat()))
    assert go(out, runs)
    report = Report.read(out / "out" / "report.json")
    assert gate(report, Thresholds.load(out / "thresholds.yaml")).at == long_ago


def test_the_program_is_all_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = program(settings_from(None))
    assert program(settings_from(tmp_path)) == here
    monkeypatch.setenv("PORTCULLIS_SCOPE_SECONDS", "9")
    assert program(settings_from(None)) != here
    monkeypatch.delenv("PORTCULLIS_SCOPE_SECONDS")
    policies = shutil.copytree(PROJECT / "policies", tmp_path / "policies")
    monkeypatch.setenv("PORTCULLIS_POLICIES", str(policies))
    assert program(settings_from(None)) == here
    (policies / "classification.yaml").open("a").write("# more\n")
    assert program(settings_from(None)) != here


def test_every_file_counts_that_was_not_made_of_another(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    here = folder_digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("1")
    assert folder_digest(tmp_path) == here
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert folder_digest(tmp_path) != here
    (tmp_path / "b.py").rename(tmp_path / "a.py")
    (tmp_path / "page.html").write_text("")
    assert folder_digest(tmp_path) != here
