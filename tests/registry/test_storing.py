"""Jobs on a thread of their own: in order, bounded, and what an error drops has not begun."""

from __future__ import annotations

import sys
import threading
from functools import partial

import pytest

from registry.storing import AHEAD, Storing


def test_jobs_are_done_in_order_and_all_of_them() -> None:
    done: list[int] = []
    usual = sys.getswitchinterval()
    with Storing() as storing:
        assert sys.getswitchinterval() < usual
        futures = [storing.put(done.append, n) for n in range(50)]
        seen = storing.put(lambda: list(done))
    assert (done, seen.result()) == (list(range(50)), list(range(50)))
    assert all(future.done() for future in futures)
    assert sys.getswitchinterval() == usual


def test_what_an_error_drops_has_not_begun() -> None:
    go, done = threading.Event(), list[int]()
    with pytest.raises(KeyError), Storing() as storing:  # noqa: PT012 - the error is ours
        first = storing.put(partial(go.wait, 30))
        rest = [storing.put(done.append, n) for n in range(AHEAD - 1)]
        threading.Timer(0.1, go.set).start()
        raise KeyError
    assert first.result() is True
    assert ([future.cancelled() for future in rest], done) == ([True] * len(rest), [])


def test_no_more_than_a_few_wait() -> None:
    go, put = threading.Event(), list[int]()

    def maker(storing: Storing) -> None:
        for n in range(AHEAD + 1):
            storing.put(go.wait, 30)
            put.append(n)

    with Storing() as storing:
        thread = threading.Thread(target=maker, args=(storing,))
        thread.start()
        thread.join(0.2)
        assert (thread.is_alive(), len(put)) == (True, AHEAD)
        go.set()
        thread.join(30)
    assert len(put) == AHEAD + 1
