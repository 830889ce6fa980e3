"""Many threads, many decisions."""

from __future__ import annotations

import ctypes
import gc
import platform
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from toolgate import Policy, RequestError

POLICY = Policy.compile(
    """
    rules:
      - id: small
        when: { action: pay, input: { amount: [{ gt: 0, lte: 1000 }], tags: [{ any: [fine] }] } }
        decision: allow
        requirements: [log]
      - id: large
        when: { action: pay, input: { amount: [{ gt: 1000 }] } }
        decision: approval_required
        message: Ask.
    """
)


def request(number: int) -> dict[str, Any]:
    return {"action": "pay", "input": {"amount": number, "tags": ["fine"]}}


def expected(number: int) -> str:
    return "deny" if number <= 0 else "allow" if number <= 1000 else "approval_required"


def test_one_policy_in_many_threads() -> None:
    barrier = threading.Barrier(8)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def decide(seed: int) -> int:
        barrier.wait()
        for i in range(5_000):
            number = (i * 7919 + seed) % 2000
            decision = POLICY.decide(request(number))
            assert decision.decision == expected(number), number
            assert POLICY.verdict(request(number)) == decision.decision
        return seed

    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(decide, range(8))) == list(range(8))
    finally:
        sys.setswitchinterval(interval)


def test_policies_are_made_and_dropped_while_others_decide() -> None:
    stop = threading.Event()
    text = "rules: [{id: r, when: {action: pay}, decision: allow}]"

    def make() -> int:
        count = 0
        while not stop.is_set():
            policy = Policy.compile(text)
            assert Policy.load(policy.artifact, digest=policy.digest).decide(request(1)).allowed
            count += 1
        return count

    with ThreadPoolExecutor(4) as pool:
        makers = [pool.submit(make) for _ in range(2)]
        deciders = [pool.submit(lambda: [POLICY.verdict(request(i % 2000)) for i in range(20_000)]) for _ in range(2)]
        try:
            for decider in deciders:
                assert decider.result() == [expected(i % 2000) for i in range(20_000)]
        finally:
            stop.set()
        assert all(maker.result() > 0 for maker in makers)


def test_a_decision_that_is_asked_for_by_a_finalizer() -> None:
    """A collection may begin wherever an object is made, and what it runs may decide with the same policy."""
    asked = []

    class Asker:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            asked.append(POLICY.decide(request(5)).decision)

    thresholds = gc.get_threshold()
    gc.set_threshold(3)
    try:
        for number in range(-100, 1100):
            Asker()
            decision = POLICY.decide(request(number))
            assert (decision.decision, decision.to_dict()["decision"]) == (expected(number), expected(number))
    finally:
        gc.set_threshold(*thresholds)
    gc.collect()
    assert asked == ["allow"] * 1200


TEXTS = [b'{"action":"pay","input":{"amount":%d,"tags":["fine"]}}' % number for number in (5, 5000, 0)]
OBJECTS: list[dict[str, Any]] = [request(5), request(5000), request(10**30), {"action": "\ud800"}, {"action": 5}]


def ten_decisions(times: int) -> None:
    for _ in range(times):
        for text in TEXTS:
            assert POLICY.decide(text).rules is not None
        for thing in OBJECTS:
            POLICY.verdict(thing)
        assert "large" in repr(POLICY.decide({"action": "pay", "input": {"amount": 10**30}}).to_dict())
        try:
            POLICY.decide({"action": {1: 2}})
        except RequestError:
            continue
        raise AssertionError


def allocated_by_malloc() -> int:
    """Bytes that the C library has handed out, to Rust among others. Python keeps its small objects elsewhere."""
    names = ["arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"]

    class Mallinfo(ctypes.Structure):
        _fields_ = [(name, ctypes.c_size_t) for name in names]

    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
    found = mallinfo()
    return int(found.uordblks) + int(found.hblkhd)


def test_a_million_decisions_leave_nothing_behind() -> None:
    is_glibc = platform.libc_ver()[0] == "glibc"

    def allocated() -> tuple[int, int]:
        gc.collect()
        return sys.getallocatedblocks(), allocated_by_malloc() if is_glibc else 0

    ten_decisions(1_000)
    before = allocated()
    ten_decisions(100_000)
    after = allocated()
    # One byte kept by one in ten decisions would show.
    assert after[0] - before[0] < 10_000, (before, after)
    assert after[1] - before[1] < 100_000, (before, after)
