# Copyright (c) 2026, the forti.oauth authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A refresh token is sent once: whatever happens to the store, to the answer, or to the process that sends it. The price is a login."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.forti.oauth.plugins.module_utils._errors import BadResponse, FortiError, NotConnected, OptionError, ServerFailed, Unreachable

from tests.unit.plugins.plugin_utils._cache.harness import LOGIN, CacheHarness, by_task
from tests.unit.plugins.plugin_utils._cache.sharing import SharedStore, die, elsewhere, killed, sent_twice

After = Callable[[float], None]
Harm = Callable[[SharedStore, CacheHarness], object]


@pytest.fixture
def ran_down(harness: CacheHarness, store: SharedStore, after: After) -> SharedStore:
    """The store, and two runs that have the token A1 from it, which ran down."""
    assert [harness.token(run=run, shared="shared") for run in ("run", "another")] == ["A1", "A1"]
    after(3550)
    return store


def ask(harness: CacheHarness, *runs: str) -> list[tuple[str, str]]:
    """Ask from these runs, one after the other, and return the tokens and their sources."""
    results = [harness.ask(run=run, shared="shared") for run in runs]
    return [(result["access_token"], result["source"]) for result in results]


def test_a_hit_in_the_shared_store_takes_no_lock_and_writes_nothing_there(harness: CacheHarness, store: SharedStore) -> None:
    harness.ask(shared="shared")
    store.fails, store.at_lock = True, lambda: pytest.fail("It took the lock.")
    assert ask(harness, "another", "third") == [("A1", "cache")] * 2
    assert store.warnings == []


FORGETS: list[object] = [
    pytest.param(lambda store, _harness: store.forget(), id="emptied"),
    pytest.param(lambda store, _harness: store.evict(), id="evicted"),
    pytest.param(lambda store, _harness: store.salt(b"t" * 32), id="a new salt"),
    pytest.param(lambda _store, harness: harness.revoke(None, run="third", shared="shared"), id="revoked"),
    pytest.param(lambda store, _harness: store.salt(b"damaged"), id="a damaged salt"),
]


@pytest.mark.parametrize("forgets", FORGETS)
def test_a_store_that_forgot_who_refreshed_makes_nobody_refresh_again(harness: CacheHarness, ran_down: SharedStore, forgets: Harm) -> None:
    assert ask(harness, "another") == [("A2", "refresh")]
    forgets(ran_down, harness)
    assert ask(harness, "run", "run", "fourth") == [("A3", "login"), ("A3", "cache"), ("A3", "cache")]
    assert harness.requests == ["login", "refresh R1", "login"]


@pytest.mark.parametrize("forgets", FORGETS)
def test_a_store_that_forgot_the_token_itself_makes_nobody_refresh_the_copy_of_a_run(harness: CacheHarness, ran_down: SharedStore, forgets: Harm) -> None:
    forgets(ran_down, harness)
    assert ask(harness, "run", "another") == [("A2", "login"), ("A2", "cache")]
    assert harness.requests == ["login", "login"]


def test_a_store_that_fails_between_the_refresh_and_the_write(harness: CacheHarness, ran_down: SharedStore, after: After) -> None:
    harness.answered = lambda: setattr(ran_down, "fails", True)
    assert ask(harness, "run") == [("A2", "refresh")]
    assert [warning.partition(". ")[0] for warning in ran_down.warnings] == ["The store cannot be used: it is full"]
    harness.answered, ran_down.fails = lambda: None, False
    assert ask(harness, "another", "third", "run") == [("A3", "login"), ("A3", "cache"), ("A2", "cache")]
    after(3550)
    assert ask(harness, "run", "another") == [("A4", "refresh"), ("A4", "cache")]
    assert harness.requests == ["login", "refresh R1", "login", "refresh R3"]


def test_a_store_that_cannot_be_written_before_the_refresh_makes_a_login(harness: CacheHarness, ran_down: SharedStore) -> None:
    ran_down.fails = True
    assert ask(harness, "run") == [("A2", "login")]
    ran_down.fails = False
    assert ask(harness, "another") == [("A3", "refresh")]
    assert harness.requests == ["login", "login", "refresh R1"]


def test_the_token_of_a_run_whose_own_store_cannot_be_written_is_not_refreshed(harness: CacheHarness, after: After, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could see that it was."""

    def full(*_arguments: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    warnings: list[str] = []
    harness.warn = warnings.append
    harness.ask()
    after(3550)
    monkeypatch.setattr("os.replace", full)
    assert [harness.ask()["source"] for _each in range(2)] == ["login", "login"]
    assert harness.requests == ["login"] * 3
    assert len(set(warnings)) == 1


@pytest.mark.parametrize("fault", [Unreachable("No answer."), BadResponse("HTML."), ServerFailed("It answered 503.", status=503)], ids=str)
def test_an_answer_that_is_lost_while_the_old_token_is_still_good(harness: CacheHarness, ran_down: SharedStore, after: After, fault: FortiError) -> None:
    harness.refresh_fails = fault
    assert ask(harness, "run", "another", "third") == [("A1", "cache")] * 3
    assert len(ran_down.warnings) == 1
    harness.refresh_fails = None
    after(61)
    assert ask(harness, "third", "run", "another") == [("A3", "login"), ("A3", "cache"), ("A3", "cache")]
    assert harness.requests == ["login", "refresh R1", "login"]


@pytest.mark.parametrize("fault", [NotConnected("No connection."), OptionError("No such file.")], ids=["no connection", "an option is wrong"])
def test_a_refresh_token_that_was_not_sent_is_given_back(harness: CacheHarness, ran_down: SharedStore, after: After, fault: FortiError) -> None:
    harness.refresh_fails = fault
    assert ask(harness, "run", "another") == [("A1", "cache")] * 2
    harness.refresh_fails = None
    after(70)
    assert ask(harness, "third") == [("A3", "refresh")]
    assert harness.requests == ["login", "refresh R1", "refresh R1"]  # the first is that of the harness, which got no connection
    assert len(ran_down.warnings) == 1


@pytest.mark.parametrize("point", ["meanwhile", "answered"], ids=["before it was sent", "between answer and write"])
@pytest.mark.parametrize("over", [False, True], ids=["still good", "over"])
def test_a_process_that_is_killed_while_it_refreshes(harness: CacheHarness, ran_down: SharedStore, after: After, point: str, over: bool) -> None:
    after(100 if over else 0)
    setattr(harness, point, die)
    killed(lambda: ask(harness, "run"))
    setattr(harness, point, lambda: None)
    sent = ["login", "refresh R1"] if point == "answered" else ["login"]
    assert harness.requests == sent
    assert [source for _token, source in ask(harness, "run", "another")] == ["login", "cache"]
    assert harness.requests == [*sent, "login"]
    assert ran_down.warnings == []


def test_a_process_of_a_run_with_no_shared_store_that_is_killed_while_it_refreshes(harness: CacheHarness, after: After) -> None:
    harness.ask()
    after(3550)
    harness.answered = die
    killed(harness.ask)
    harness.answered = lambda: None
    assert harness.ask()["source"] == "login"
    assert harness.requests == ["login", "refresh R1", "login"]


def test_run_after_run_that_is_killed_sends_each_refresh_token_once(harness: CacheHarness, ran_down: SharedStore, after: After) -> None:
    for number in range(3):
        harness.answered = die
        killed(lambda run=f"killed-{number}": ask(harness, run))  # type: ignore[misc]
        harness.answered = lambda: None
        assert ask(harness, f"run-{number}")[0][1] == "login"
        after(3550)
    assert sent_twice(harness) == []
    assert harness.requests == ["login", "refresh R1", "login", "refresh R3", "login", "refresh R5", "login"]


def test_a_lock_that_is_lost_before_the_refresh_token_is_sent(harness: CacheHarness, redis_store: SharedStore, after: After) -> None:
    harness.ask(shared="shared")
    after(3550)

    def lose() -> None:
        redis_store.at_check = lambda: None
        redis_store.lose_locks()
        elsewhere(lambda: ask(harness, "another"))

    redis_store.at_check = lose
    assert ask(harness, "run", "third") == [("A3", "login"), ("A2", "cache")]
    assert harness.requests == ["login", "refresh R1", "login"]
    assert [warning.rpartition(": ")[2].partition(". ")[0] for warning in redis_store.warnings] == ["the lock was lost meanwhile"]


def test_a_holder_that_comes_back_does_not_write_over_the_newer_token(harness: CacheHarness, redis_store: SharedStore, after: After) -> None:
    harness.ask(shared="shared")
    after(3550)

    def stopped() -> None:
        harness.answered = lambda: None
        redis_store.lose_locks()
        elsewhere(lambda: ask(harness, "another"))

    harness.answered = stopped
    assert ask(harness, "run", "run", "third") == [("A2", "refresh"), ("A2", "cache"), ("A3", "cache")]
    assert harness.requests == ["login", "refresh R1", "login"]
    assert harness.encrypted("shared").get(LOGIN, "token")["access_token"] == "A3"  # type: ignore[index]
    assert [warning.rpartition(": ")[2].partition(". ")[0] for warning in redis_store.warnings] == ["the lock was lost meanwhile"]


def test_a_holder_that_is_stopped_between_the_look_at_its_lock_and_the_write(harness: CacheHarness, redis_store: SharedStore, after: After) -> None:
    harness.ask(shared="shared")
    after(3550)

    def stopped() -> None:
        harness.answered, redis_store.at_write = lambda: None, lambda: None
        redis_store.lose_locks()
        elsewhere(lambda: ask(harness, "another"))

    harness.answered = lambda: setattr(redis_store, "at_write", stopped)
    assert ask(harness, "run", "run", "third") == [("A2", "refresh"), ("A2", "cache"), ("A3", "cache")]
    assert harness.requests == ["login", "refresh R1", "login"]
    assert [warning.rpartition(": ")[2].partition(". ")[0] for warning in redis_store.warnings] == ["the lock was lost meanwhile"]


def test_a_refresh_token_is_spent_wherever_it_stands(harness: CacheHarness, store: SharedStore, after: After) -> None:
    """A task refreshed the token of a login by itself. What that brought stands under its own key, and counts for the login, too."""
    harness.ask(shared="shared")
    harness.ask(by_task("R1"), shared="shared")
    after(3550)
    assert ask(harness, "run") == [("A3", "refresh")]
    after(3550)
    with pytest.raises(FortiError) as caught:
        harness.ask(by_task("R1"), run="another", shared="shared")
    assert str(caught.value) == "The refresh token in the options was used before, and so was the one that replaced it. Use the newest one, or log in."
    assert sent_twice(harness) == []
    assert store.warnings == []


def test_a_task_uses_a_refresh_token_again_that_the_service_does_not_replace(harness: CacheHarness, store: SharedStore, after: After) -> None:
    harness.refresh_token = None  # the service keeps to the one of the options
    harness.ask(by_task("R1"), shared="shared")
    after(3550)
    assert harness.ask(by_task("R1"), shared="shared")["source"] == "login"
    assert store.warnings == []


@pytest.mark.parametrize("trouble", ["evicted", "revoked by another run"])
def test_a_token_of_the_run_is_used_that_the_store_lost_while_the_service_is_down(harness: CacheHarness, ran_down: SharedStore, trouble: str) -> None:
    if trouble == "evicted":
        ran_down.evict()
    else:
        harness.revoke(None, run="third", shared="shared")
    harness.login_fails = ServerFailed("It answered 503.", status=503)
    if trouble == "evicted":
        assert ask(harness, "run") == [("A1", "cache")]
        assert [warning.partition(".")[0] for warning in ran_down.warnings] == ["The token was not renewed"]
    else:
        with pytest.raises(ServerFailed):
            ask(harness, "run")


def test_a_newer_token_of_the_run_is_used_rather_than_an_older_one_of_a_store_that_could_not_be_written(
    harness: CacheHarness, store: SharedStore, after: After
) -> None:
    harness.life = 300
    harness.ask(shared="shared")
    after(30)
    store.fails = True
    assert harness.token(shared="shared", request_id="task") == "A2"
    store.fails = False
    harness.refresh_fails = harness.login_fails = ServerFailed("It answered 503.", status=503)
    after(150)
    assert [harness.token(shared="shared", min_validity=200) for _each in range(2)] == ["A2", "A2"]
    assert harness.requests == ["login", "login", "refresh R1"]


@pytest.mark.parametrize("trouble", [NotConnected("It is down."), ServerFailed("It is ill.")], ids=["not sent", "failed"])
def test_the_newest_kept_token_is_used_while_the_service_is_down_and_stays_in_the_store(
    harness: CacheHarness, store: SharedStore, after: After, trouble: FortiError
) -> None:
    """The run has an older one, which is still good, too."""
    assert ask(harness, "run", "another") == [("A1", "login"), ("A1", "cache")]
    after(3500)
    assert harness.ask(run="another", shared="shared", min_validity=120)["access_token"] == "A2"
    after(10)
    harness.refresh_fails = harness.login_fails = trouble
    assert harness.token(run="run", shared="shared", min_validity=3595) == "A2"
    assert [warning.partition(". ")[0] for warning in store.warnings] == ["The token was not renewed"]
    assert ask(harness, "third", "run") == [("A2", "cache")] * 2


def test_a_token_whose_time_is_over_while_it_is_verified_is_refreshed(harness: CacheHarness, store: SharedStore, after: Callable[[float], None]) -> None:
    """Nobody has ended it elsewhere, so its refresh token is still good."""
    harness.life = 5
    assert harness.token(run="another", shared="shared") == "A1"

    def is_live(_token: str) -> bool:
        after(5)
        return False

    assert harness.ask(shared="shared", is_live=is_live)["source"] == "refresh"
    assert harness.requests == ["login", "refresh R1"]
    assert store.warnings == []
