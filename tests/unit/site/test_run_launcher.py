from nmdc_runtime.site.run_launcher import FORGET_AFTER_S, PATIENCE_S, Missed


def test_a_run_is_lost_when_its_code_server_has_not_known_it_for_a_while():
    missed = Missed()

    assert not missed.is_lost("run", now=100)
    assert not missed.is_lost("run", now=100 + PATIENCE_S - 1)
    assert missed.is_lost("run", now=100 + PATIENCE_S)


def test_a_run_that_is_known_again_is_not_lost():
    missed = Missed()
    missed.is_lost("run", now=100)

    missed.forget("run")

    assert not missed.is_lost("run", now=100 + PATIENCE_S)


def test_a_run_that_was_asked_for_once_and_never_again_is_forgotten():
    missed = Missed()
    missed.is_lost("run", now=100)

    assert not missed.is_lost("run", now=100 + FORGET_AFTER_S)
    assert missed.is_lost("run", now=100 + FORGET_AFTER_S + PATIENCE_S)
