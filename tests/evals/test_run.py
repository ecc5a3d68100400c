"""A run of small suites on a Postgres of its own, and the command around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.errors import ConfigurationError, InvalidInput
from app.runtime.folders import Folders
from app.runtime.postgres import EmbeddedPostgres
from evals.bench.scratch import Scratch
from evals.command import run
from evals.gates.report import Report
from evals.gates.thresholds import Thresholds
from evals.ground.ground import Ground
from evals.measures.intervals import share
from evals.suites.suite import Case, Found, Suite
from tests.command import Told, portcullis, started
from tests.conftest import SECRET
from tests.evals.sample import thresholds

pytestmark = pytest.mark.integration

LOAD = Thresholds.load


async def _good(ground: Ground) -> Found:
    word = ground.chance("good").randint(0, 10**9)
    return Found((share("bad", 0, 400),), (Case("a word", str(word)),), ("All is well.",))


async def _database(ground: Ground) -> Found:
    ground.scratch.make("evaluated")
    return Found((share("made", 1, 1),))


async def _needy(ground: Ground) -> Found:
    ground.data_set("no such set")
    raise AssertionError


async def _broken(ground: Ground) -> Found:
    raise KeyError("a secret word")


async def _refused(ground: Ground) -> Found:
    asked = httpx.Request("POST", "http://127.0.0.1/a-secret-word")
    httpx.Response(503, request=asked, text="a secret word").raise_for_status()
    raise AssertionError


async def _twice(ground: Ground) -> Found:
    return Found((share("same", 0, 10), share("same", 5, 10)))


async def _fail() -> None:
    raise OSError


async def _unclosed(ground: Ground) -> Found:
    ground.stack.push_async_callback(_fail)
    return Found(())


def suites(**runs: object) -> list[Suite]:
    return [Suite(name, f"About {name}.", (), how) for name, how in runs.items()]  # type: ignore[arg-type]


def go(
    out: Path,
    made: list[Suite],
    *,
    part: bool = True,
    seed: int | None = 7,
    thresholds: Path | None = None,
) -> bool:
    return run(
        made, part=part, effort="change", seed=seed, release="r1", out=out, data=out, folder=None,
        thresholds=thresholds,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = thresholds(tmp_path, "good: {bad: {at_most: .1}}\nother: {x: {at_most: .1}}")
    monkeypatch.setattr(Thresholds, "load", lambda path=None: held)


@pytest.fixture
def running(
    postgres: EmbeddedPostgres,
    folders: Folders,
    levels: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server of the tests, for runs whose own is not what is asked about."""

    @contextmanager
    def already(*_: object, **__: object) -> Iterator[Scratch]:
        yield Scratch(folders.root / "evals", postgres, SECRET, levels)

    monkeypatch.setattr("evals.run.scratch", already)


def test_one_that_breaks_does_not_take_the_others_along(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = suites(
        broken=_broken, needy=_needy, refused=_refused, twice=_twice, unclosed=_unclosed,
        good=_good, base=_database,
    )  # fmt: skip
    assert not go(tmp_path, made)
    errors = {r.suite: r.error for r in Report.read(tmp_path / "report.json").results}
    assert errors["good"] == errors["base"] == errors["unclosed"] == ""
    assert errors["broken"].startswith("KeyError at test_run.py:")
    assert "PORTCULLIS_DATA" in errors["needy"]
    assert errors["refused"].startswith("answered 503: HTTPStatusError at")
    assert "by way of test_run.py:" in errors["refused"]
    assert "named same" in errors["twice"]
    assert errors["closing"].startswith("OSError")
    printed = capsys.readouterr()
    for words in ("a secret word", "a-secret-word"):
        assert words not in printed.out + printed.err
    assert "About good." in printed.err


@pytest.mark.usefixtures("running")
def test_a_part_passes_alone_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert go(tmp_path, suites(good=_good))
    assert "no gate report" in capsys.readouterr().out
    for name in ("report.json", "junit.xml", "report.html"):
        assert (tmp_path / name).stat().st_size > 200
    # as a whole, a bar of another suite is not met
    assert not go(tmp_path, suites(good=_good), part=False)


@pytest.mark.usefixtures("running")
def test_the_seed_is_fresh_recorded_and_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]
    go(folders[0], suites(good=_good), seed=None)
    first = Report.read(folders[0] / "report.json")
    assert f"seed {first.seed}" in capsys.readouterr().out
    go(folders[1], suites(good=_good), seed=None)
    go(folders[2], suites(good=_good), seed=first.seed)
    fresh, again = (Report.read(folder / "report.json") for folder in folders[1:])
    assert fresh.seed != first.seed
    assert fresh.results[0].cases != first.results[0].cases
    assert again.results[0].cases == first.results[0].cases
    assert first.thresholds == Thresholds.load().digest
    assert replace(first, results=(), at=again.at) == replace(again, results=())


@pytest.mark.usefixtures("running")
def test_against_an_older_report_only_what_got_worse_fails(tmp_path: Path) -> None:
    async def bad(ground: Ground) -> Found:
        return Found((share("bad", 300, 400),))

    async def worse(ground: Ground) -> Found:
        return Found((share("bad", 390, 400),))

    go(tmp_path / "old", suites(good=bad), seed=11)
    old = tmp_path / "old" / "report.json"
    options = {
        "part": True, "effort": "change", "seed": None, "release": "r1", "out": tmp_path / "new",
        "data": None, "folder": None,
    }  # fmt: skip
    assert not run(suites(good=bad), **options)  # type: ignore[arg-type]
    assert run(suites(good=bad), against=old, **options)  # type: ignore[arg-type]
    assert Report.read(tmp_path / "new" / "report.json").seed == 11
    assert not run(suites(good=worse), against=old, **options)  # type: ignore[arg-type]


@pytest.mark.usefixtures("running")
def test_it_is_held_to_the_file_that_is_given_or_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Thresholds, "load", LOAD)
    strict, lax = tmp_path / "strict.yaml", tmp_path / "lax.yaml"
    strict.write_text("good: {bad: {at_most: .001}}")
    lax.write_text("good: {bad: {at_most: .1}}")
    report = tmp_path / "report.json"
    assert not go(tmp_path, suites(good=_good), thresholds=strict)
    assert Report.read(report).thresholds == LOAD(strict).digest
    assert go(tmp_path, suites(good=_good), thresholds=lax)
    monkeypatch.setenv("PORTCULLIS_THRESHOLDS", str(strict))
    assert not go(tmp_path, suites(good=_good))
    assert Report.read(report).thresholds == LOAD(strict).digest
    assert go(tmp_path, suites(good=_good), thresholds=lax)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "mine.yaml cannot be read"),
        ("good: {bad: {at_most: much}}", "mine.yaml, good: bad: at_most is a number"),
        ("good: {", "mine.yaml is no YAML"),
    ],
)
def test_a_wrong_file_of_bars_is_named_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, told: str
) -> None:
    monkeypatch.setattr(Thresholds, "load", LOAD)
    mine = tmp_path / "mine.yaml"
    if content is not None:
        mine.write_text(content)
    with pytest.raises(ConfigurationError, match=told):
        go(tmp_path / "out", suites(good=_good), thresholds=mine)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"effort": "much"}, "there are change and release"),
        ({"seed": -1}, "from 0 on"),
        ({"folder": Path(__file__).parent}, "no empty folder"),
        ({"out": Path(__file__) / "out"}, "cannot be made"),
    ],
)
def test_wrong_options_are_told(tmp_path: Path, wrong: dict[str, object], told: str) -> None:
    options = {
        "part": True, "effort": "change", "seed": 1, "release": "", "out": tmp_path, "data": None,
        "folder": None,
    }  # fmt: skip
    with pytest.raises(InvalidInput, match=told):
        run([], **{**options, **wrong})  # type: ignore[arg-type]


def evals(*words: str | Path, run: Callable[..., Told] = portcullis) -> Told:
    return run("evals", *map(str, words))


@pytest.mark.usefixtures("running")
def test_the_command(tmp_path: Path) -> None:
    code, _, errors = evals("run", "--suite", "none-such", run=started)
    assert code == 1
    assert "there is no suite 'none-such'" in errors
    assert "LLM01:2025" in evals("mapping")[1]
    assert evals("list")[0] == 0
    go(tmp_path, suites(good=_good))
    path, other = tmp_path / "report.json", tmp_path / "other.json"
    assert evals("compare", path, path)[0] == 0
    code, told, _ = evals("figures", path)
    assert code == 0
    assert told.startswith("| suite | measure |")
    said = json.loads(path.read_text())
    said["results"][0]["measures"][0]["n"] = "many"
    other.write_text(json.dumps(said))
    code, _, errors = evals("compare", path, other)
    assert code == 1
    assert "other.json is no report" in errors
    assert "other.json is no report" in evals("figures", other)[2]
