"""What was changed moments ago."""

from nmdc_runtime.kernel.recent import SETTLED_AFTER_S, RecentChanges


class StandingClock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_name_is_recent_until_it_has_settled():
    clock = StandingClock()
    changes = RecentChanges(now=clock)
    assert not changes.include("a")

    changes.note("a", "b")

    assert changes.include("x", "b")
    assert not changes.include("x")
    clock.now += SETTLED_AFTER_S
    assert not changes.include("a", "b")


def test_names_that_have_settled_do_not_pile_up_and_recent_ones_stay():
    clock = StandingClock()
    changes = RecentChanges(now=clock)
    changes.note(*(f"old {number}" for number in range(2_000)))
    clock.now += SETTLED_AFTER_S + 1
    changes.note("new")
    changes.note("newest")

    assert changes.include("new")
    assert changes.include("newest")
    assert not any(changes.include(f"old {number}") for number in range(2_000))
