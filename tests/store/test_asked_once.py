"""What a transaction asks for once it asks for again when it has changed, and in the next one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from toxmon.store import Row, Store, feeds, rosters

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
H = timedelta(hours=1)


def shift(id_: str, from_at: datetime, until_at: datetime, replaces: str | None = None) -> Row:
    return {
        "id": id_, "unit": "bmt-1", "role": "nurse", "person": "Ada", "channel": None,
        "from_at": from_at, "until_at": until_at, "ended": 0, "recorded_at": NOW,
        "recorded_by": "Ada", "replaces_id": replaces, "reason": None,
    }  # fmt: skip


def feed(actor: str) -> Row:
    instants = {"since_at": NOW, "heard_at": NOW, "silent_at": None}
    return {"actor": actor, "name": actor, "unit": None, **instants}


def on(store: Store, now: datetime) -> list[str]:
    return [row["id"] for row in rosters.around(store, now)]


def test_a_shift_that_is_added_is_seen_in_the_same_transaction(store: Store) -> None:
    with store.writing():
        assert on(store, NOW) == []
        rosters.add(store, shift("a", NOW - H, NOW + 8 * H))
        assert on(store, NOW) == ["a"]
        rosters.add(store, shift("b", NOW - H, NOW + 2 * H, replaces="a"))
        assert on(store, NOW) == ["b"]
    with store.writing():
        assert on(store, NOW) == ["b"]


def test_a_shift_is_found_at_each_moment_at_which_it_is_on(store: Store) -> None:
    with store.writing():
        rosters.add(store, shift("a", NOW + 90 * H / 60, NOW + 8 * H))
        assert on(store, NOW) == []
        for minutes in (59, 61, 90, 400):
            now = NOW + timedelta(minutes=minutes)
            expected = [row["id"] for row in rosters.between(store, now, now + H / 3600)]
            assert set(expected) <= set(on(store, now))
        assert on(store, NOW - 3 * H) == []


def test_a_feed_that_is_heard_is_seen_in_the_same_transaction(store: Store) -> None:
    with store.writing():
        assert feeds.every_now(store) == []
        feeds.put(store, feed("monitor"))
        assert [row["actor"] for row in feeds.every_now(store)] == ["monitor"]
    with store.writing():
        feeds.put(store, feed("laboratory"))
        assert len(feeds.every_now(store)) == 2
