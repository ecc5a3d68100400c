"""The organisations that are measured, and the arithmetic that judges what was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.errors import InvalidInput
from evals.bench.asking import ask
from evals.bench.exact import nearest, recall
from evals.bench.options import SHARES, Options
from evals.bench.organisation import Grants, Organisation
from evals.bench.vectors import CLOSE, Corpus, generate, load, questions
from evals.bench.workloads import WORKLOADS, organise
from evals.bench.workloads.placing import gather, window, zipf_sizes

SEED = 3


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return generate(20_000, SEED)


def small(*grants: tuple[int, str, bool]) -> Organisation:
    """Three documents in slots of their own; Ann is in a group inside a cycle of groups."""
    names = list(dict.fromkeys(name for _, name, _ in grants))
    return Organisation(
        name="small",
        people=["ann@small.example", "bob@small.example"],
        groups={
            "inner": ["ann@small.example", "group:outer"],
            "outer": ["group:inner"],
            "other": ["bob@small.example"],
        },
        principals=names,
        grants=Grants(
            np.array([slot for slot, _, _ in grants], np.int32),
            np.array([names.index(name) for _, name, _ in grants], np.int32),
            np.array([deny for _, _, deny in grants]),
        ),
        document=np.array([0, 0, 1, 2], np.int32),
        slot=np.array([0, 1, 2], np.int32),
        own=np.zeros(3, np.bool_),
        subjects=[],
    )


def test_a_deny_through_a_nested_group_wins_over_an_allow() -> None:
    company = small(
        (0, "group:outer", False), (1, "ann@small.example", False), (1, "group:outer", True),
        (2, "group:other", False),
    )  # fmt: skip
    assert company.readable("ann@small.example").tolist() == [True, False, False]
    assert company.readable("bob@small.example").tolist() == [False, False, True]
    assert company.readable_chunks("ann@small.example").tolist() == [True, True, False, False]


def test_other_engines_are_told_the_same_permissions(corpus: Corpus) -> None:
    """Filtering by the marks lets through just what may be read."""
    for name in WORKLOADS:
        company = organise(name, corpus, SEED)
        marks = company.marks()
        for person in company.subjects[::2]:
            wanted = set(company.marks_of(person.email))
            passed = [
                bool(wanted.intersection(mark)) if isinstance(mark, list) else mark in wanted
                for mark in marks
            ]
            assert passed == company.readable_chunks(person.email).tolist(), name


@pytest.mark.parametrize("name", WORKLOADS)
def test_subjects_read_about_what_was_meant(corpus: Corpus, name: str) -> None:
    company = organise(name, corpus, SEED)
    assert [person.share for person in company.subjects] == list(SHARES)
    for person in company.subjects:
        share = company.readable_chunks(person.email).mean()
        # of 20,000 chunks a person in five of the smallest departments reads more than 0.01 %
        assert person.share / 1.5 < share < max(1.5 * person.share, 0.003), person


def test_workloads_are_what_their_names_say(corpus: Corpus) -> None:
    departments, mailboxes, wide, denies, deep = (organise(n, corpus, SEED) for n in WORKLOADS)
    for person in departments.people:
        groups = [key for key, members in departments.groups.items() if person in members]
        assert 1 <= len(groups) <= 50
    assert mailboxes.slots > 0.9 * corpus.chunks, "nearly every document has its own ACL"
    staff = wide.subjects[0].email
    assert 0.97 < wide.readable_chunks(staff).mean() < 1.0
    denying = np.unique(denies.grants.slot[denies.grants.deny])
    documents = np.isin(denies.slot, denying).mean()
    assert 0.08 < documents < 0.12, "a tenth of the documents deny somebody"
    held = [len(deep.held(person.email)) - 3 for person in deep.subjects]
    assert max(held) == len(deep.groups) // 2, "a person in half of all groups"
    chain = [f"group:level{n}-chain0" for n in range(10)]
    assert {*chain} <= deep.held(deep.subjects[0].email), "ten levels deep"


def test_the_denied_would_otherwise_read(corpus: Corpus) -> None:
    company = organise("denies", corpus, SEED)
    director = company.subjects[0].email
    grants, allows = company.grants, ~company.grants.deny
    allowed = Grants(grants.slot[allows], grants.principal[allows], grants.deny[allows])
    allowed_only = replace(company, grants=allowed)
    assert allowed_only.readable(director).all()
    assert not company.readable(director).all()


def test_the_same_seed_makes_the_same_corpus_and_another_another() -> None:
    one, same, other = (generate(2_000, seed) for seed in (5, 5, 6))
    assert np.array_equal(one.vectors, same.vectors)
    assert not np.array_equal(one.vectors, other.vectors)
    assert np.array_equal(
        organise("denies", one, 5).grants.slot, organise("denies", same, 5).grants.slot
    )


def test_vectors_are_near_within_a_document_and_a_topic(corpus: Corpus) -> None:
    chance = np.random.default_rng(1)
    one, other = chance.integers(0, corpus.chunks, (2, 50_000))
    cosine = (corpus.vectors[one] * corpus.vectors[other]).sum(1)
    together = corpus.document[:-1] == corpus.document[1:]
    beside = (corpus.vectors[:-1] * corpus.vectors[1:]).sum(1)[together]
    alike = cosine[corpus.topic[one] == corpus.topic[other]]
    assert 0.05 < cosine.mean() < 0.15 < alike.mean() < 0.5 < beside.mean() < 0.75


def test_queries_are_near_what_they_are_about_and_in_or_outside_own_topics(
    corpus: Corpus,
) -> None:
    company = organise("departments", corpus, SEED)
    readable = company.readable_chunks(company.subjects[2].email)
    asked = ask(corpus, readable, 40, np.random.default_rng(2))
    assert asked.inside.sum() == 20
    best = [row[0] for row in nearest(corpus.vectors, None, asked.vectors, 1)]
    share = np.array([readable[corpus.topic == corpus.topic[n]].mean() for n in best])
    assert share[asked.inside].mean() > 0.14 > 0.1 > share[~asked.inside].max()
    about = np.array([4, 5])
    made = questions(corpus, about, np.random.default_rng(2))
    assert np.allclose((made * corpus.vectors[about]).sum(1), CLOSE, atol=0.01)


def test_exact_search_finds_the_nearest_of_those_it_is_given(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.bench.exact.BLOCK", 700)
    queries = corpus.vectors[::4_000]
    some = np.flatnonzero(np.arange(corpus.chunks) % 3 == 1)
    for chunks in (some, None):
        candidates = np.arange(corpus.chunks) if chunks is None else chunks
        for found, query in zip(nearest(corpus.vectors, chunks, queries, 7), queries, strict=True):
            order = np.argsort(-(corpus.vectors[candidates] @ query), kind="stable")
            assert list(found) == candidates[order[:7]].tolist()
    assert nearest(corpus.vectors, some[:3], queries[:1], 7)[0] != ()
    assert len(nearest(corpus.vectors, some[:3], queries[:1], 7)[0]) == 3


def test_recall_is_the_part_of_the_true_ones_that_was_found() -> None:
    assert recall((1, 2, 9), (1, 2, 3, 4)) == 0.5
    assert recall((), (1,)) == 0
    assert recall((), ()) == 1


def test_sizes_and_shares_add_up() -> None:
    sizes = zipf_sizes(1_000, 300, 1.1)
    assert sizes.sum() == 1_000
    assert sizes.min() == 1
    assert zipf_sizes(5, 9, 1.0).sum() == 5
    first, last = window(np.array([50, 30, 10, 5, 3, 1, 1]), 0.1, 2, 4)
    assert (first, last) == (3, 7)
    assert gather([0, 1, 2], np.array([6, 3, 2]), 5) == [1, 2]
    assert gather([0, 1, 2], np.array([6, 3, 2]), 1) == [2]


def options(**changed: object) -> Options:
    chosen: dict[str, object] = {
        "chunks": 2_000, "seed": 1, "queries": 10, "workloads": ("wide",), "vectors": None,
        "peers": False, "peer_every": 1, "writes": False, "out": Path("out"), "data_dir": None,
        "keep": False,
    }  # fmt: skip
    return Options(**{**chosen, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"chunks": 1_999}, "at least 2000"),
        ({"queries": 9}, "at least 10"),
        ({"workloads": ("wide", "flat")}, "no workload 'flat'; there are departments"),
        ({"workloads": ()}, "at least one workload"),
        ({"peer_every": 0}, "from 1 on"),
        ({"seed": -1}, "from 0 on"),
        ({"data_dir": Path(__file__).parent}, "one of their own"),
        ({"data_dir": Path(__file__)}, "one of their own"),
    ],
)
def test_options_that_measure_nothing_are_refused(changed: dict[str, object], words: str) -> None:
    options().check(list(WORKLOADS))
    with pytest.raises(InvalidInput, match=words):
        options(**changed).check(list(WORKLOADS))


def test_own_vectors_are_read_or_refused_in_words(tmp_path: Path, corpus: Corpus) -> None:
    path = tmp_path / "mine.npy"
    np.save(path, 3 * corpus.vectors[:2_500].astype(np.float64))
    mine = load(path, SEED)
    assert np.allclose(np.linalg.norm(mine.vectors, axis=1), 1, atol=2e-3)
    assert mine.chunks == 2_500
    assert (np.diff(mine.topic) >= 0).all()
    broken = mine.vectors.copy()
    broken[7] = 0
    for name, array, words in (
        ("short", corpus.vectors[:10], "at least 2000"),
        ("narrow", corpus.vectors[:, :5], "shape"),
        ("whole", np.ones((2_500, 384), np.int64), "floats"),
        ("zero", broken, "without a direction"),
    ):
        np.save(tmp_path / f"{name}.npy", array)
        with pytest.raises(InvalidInput, match=words):
            load(tmp_path / f"{name}.npy", SEED)
    with pytest.raises(InvalidInput, match="cannot be read"):
        load(tmp_path / "absent.npy", SEED)
