"""Python objects as requests: what JSON can say is decided as its text is, what it cannot say is an error."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import gc
import json
import random
import sys
import types
import uuid
from typing import Any, NamedTuple

import pytest

from toolgate import Decision, Policy, PolicyError, RequestError

# A policy that looks at everything: a value that is dropped or changed on the way is seen.
POLICY = Policy.compile(
    """
    default: {decision: allow}
    rules:
      - id: seen
        when: { action: "*", input: { v: [{ exists: true }] } }
        decision: approval_required
      - id: large
        when: { action: pay, input: { v: [{ gt: 1000 }] } }
        decision: deny
      - id: small
        when: { action: pay, input: { v: [{ lte: 1000 }] } }
        decision: approval_required
        requirements: [small]
      - id: secret
        when: { action: pay, input: { v: [secret] } }
        decision: deny
      - id: null-value
        when: { action: pay, input: { v: [{ type: "null" }] } }
        decision: approval_required
        requirements: ["null"]
      - id: truth
        when: { action: pay, input: { v: [true] } }
        decision: approval_required
        requirements: ["true"]
    """
)


def call(value: object) -> dict[str, Any]:
    return {"action": "pay", "input": {"v": value}}


def refused(request: Any) -> RequestError:
    """The error that both ways to decide raise."""
    with pytest.raises(RequestError) as raised:
        POLICY.decide(request)
    with pytest.raises(RequestError) as of_verdict:
        POLICY.verdict(request)
    assert str(of_verdict.value) == str(raised.value)
    assert of_verdict.value.code == raised.value.code
    return raised.value


def as_text(request: object) -> str:
    """The JSON text that an object is decided as."""
    return json.dumps(request, ensure_ascii=False, separators=(",", ":"))


def denied(request: Any) -> Decision:
    decision = POLICY.decide(request)
    assert decision.decision == "deny"
    assert POLICY.verdict(request) == "deny"
    assert decision.reason.startswith("request/")
    return decision


def test_a_dict_is_decided_as_its_text() -> None:
    for value in [
        0, -0.0, 1000, 1000.5, 1001, 1e300, 5e-324, 2**53 + 1, 2**63, 2**64, -(2**70), 10**308, 10**400, 1e16, 123456789.125,
        "", "secret", "se\u0063ret", 'quote " and \\', "\x00\x1f\x7f\u2028\U0001f600", "é" * 1000,
        None, True, False, [], {}, [[]], [1, "a", None], (1, (2,)), {"a": {"b": [1]}}, {"": 0, "a/b": 1},
    ]:  # fmt: skip
        assert POLICY.decide(call(value)) == POLICY.decide(as_text(call(value))), value
        assert POLICY.verdict(call(value)) == POLICY.decide(call(value)).decision


def test_random_objects_are_decided_as_their_texts() -> None:
    source = random.Random(20261121)
    alphabet = 'ab"\\/\n\t\x00\x1f\x7fé\u2028\uffff\U0001f600'

    def text() -> str:
        return "".join(source.choices(alphabet, k=source.randrange(6)))

    def value(depth: int) -> object:
        kind = source.randrange(12 if depth < 5 else 9)
        if kind < 2:
            return source.choice([None, True, False])
        if kind < 4:
            return source.randrange(-(10 ** source.randrange(1, 80)), 10 ** source.randrange(1, 80))
        if kind < 6:
            return source.uniform(-1, 1) * 10.0 ** source.randrange(-300, 300)
        if kind < 9:
            return text()
        if kind == 9:
            return {text(): value(depth + 1) for _ in range(source.randrange(5))}
        elements = [value(depth + 1) for _ in range(source.randrange(5))]
        return elements if kind == 10 else tuple(elements)

    decisions: collections.Counter[str] = collections.Counter()
    for _ in range(5_000):
        request = {"action": source.choice(["pay", "look", text()]), "input": {"v": value(0), text(): value(0)}, text(): value(1)}
        decision = POLICY.decide(request)
        assert decision == POLICY.decide(as_text(request)), request
        decisions[decision.decision] += 1
    assert decisions["deny"] > 500 and decisions["approval_required"] > 500, decisions


def test_bool_is_no_int() -> None:
    policy = Policy.compile(
        """
        rules:
          - { id: truth, when: { action: a, input: { v: [true] } }, decision: allow }
          - { id: one, when: { action: b, input: { v: [1] } }, decision: allow }
        """
    )
    for action, value, verdict in [("a", True, "allow"), ("a", 1, "deny"), ("b", 1, "allow"), ("b", 1.0, "allow"), ("b", True, "deny")]:
        assert policy.verdict({"action": action, "input": {"v": value}}) == verdict, (action, value)


def test_large_ints_keep_all_their_digits() -> None:
    policy = Policy.compile("rules: [{id: r, when: {action: a, input: {v: [9007199254740993]}}, decision: allow}]")
    assert policy.decide({"action": "a", "input": {"v": 9007199254740993}}).allowed
    assert not policy.decide({"action": "a", "input": {"v": 9007199254740992}}).allowed
    assert not policy.decide({"action": "a", "input": {"v": 9007199254740992.0}}).allowed
    # Not representable: unknown to every operator, never a small number.
    for value in [10**400, -(10**400), 10**4299]:
        decision = POLICY.decide(call(value))
        assert decision.decision == "deny"
        assert {"rule": "large", "field": "/action/input/v"} in decision.undecided


def test_an_int_that_python_does_not_print_is_an_error() -> None:
    error = refused(call(10**5000))
    assert error.code == "host/int"
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        assert refused(call(10**1000)).code == "host/int"
    finally:
        sys.set_int_max_str_digits(before)
    assert POLICY.decide(call(10**1000)).decision == "deny"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_denied_where_the_text_goes_wrong(value: float) -> None:
    decision = denied(call(value))
    assert decision.reason == "request/invalid-json"
    assert decision == POLICY.decide(as_text(call(value)))


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\ud83d\ude00", "\ude00\ud83d", "é\udc80"])
def test_a_lone_surrogate_is_denied(text: str) -> None:
    # Two halves side by side are a character in JSON's escapes, and are none in Python.
    decision = denied(call(text))
    assert decision.reason == "request/lone-surrogate"
    sound = text.encode("utf-8", "surrogatepass").split(b"\xed", 1)[0]
    assert decision.offset == len(b'{"action":"pay","input":{"v":"') + len(sound)
    assert denied({"action": "pay", text: 1}).reason == "request/lone-surrogate"
    # In a text they are bytes that are no UTF-8.
    decision = denied(json.dumps(call("@")).replace("@", text))
    assert decision.reason == "request/invalid-utf8"


class Text(str):
    def __str__(self) -> str:
        return "other"

    def encode(self, *_: object) -> bytes:
        return b'{"action":"look"}'


class Number(int):
    pass


class Fraction(float):
    pass


class Mapping(dict):  # type: ignore[type-arg]
    def items(self) -> Any:
        return [("action", "read")]

    def __iter__(self) -> Any:
        return iter(["action"])


class Sequence(list):  # type: ignore[type-arg]
    def __iter__(self) -> Any:
        return iter([])


class Point(NamedTuple):
    x: int


class Colour(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Plain(enum.Enum):
    A = "a"


class Pretender:
    """Claims to be a str to whoever asks by `isinstance`."""

    __class__ = str  # type: ignore[assignment]


@pytest.mark.parametrize(
    "value",
    [
        Text("a"), Number(1), Fraction(1.0), Mapping(a=1), Sequence([1]), Point(1), Colour.RED, Level.LOW, Plain.A, Pretender(),
        collections.OrderedDict(a=1), collections.defaultdict(int), collections.Counter("a"), types.MappingProxyType({}),
        types.SimpleNamespace(a=1), collections.deque([1]), {1}, frozenset(), b"a", bytearray(b"a"), memoryview(b"a"), range(3),
        decimal.Decimal("1.10"), decimal.Decimal("NaN"), fractions.Fraction(1, 2), 1j, datetime.datetime(2026, 1, 1),
        datetime.date(2026, 1, 1), datetime.timedelta(1), uuid.UUID(int=0), object(), object, len, ..., NotImplemented,
        (x for x in [1]), iter([1]), POLICY,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_other_types_are_errors(value: object) -> None:
    for request, place in [
        (call(value), "`/input/v`"),
        (call([0, value]), "`/input/v/1`"),
        (call({"a/b~": (value,)}), "`/input/v/a~1b~0/0`"),
        ({"action": value}, "`/action`"),
    ]:
        error = refused(request)
        assert error.code == "host/type"
        assert str(error).startswith(f"{place} is of type `{type(value).__qualname__}`"), error
        assert "\n" not in str(error)


def test_what_is_no_object_at_the_top() -> None:
    nothings: list[object] = [None, True, 1, 1.5, [], ()]
    for value in nothings:
        decision = denied(value)
        assert (decision.reason, decision.offset) == ("request/not-an-object", 0)
    others: list[object] = [Mapping(action="pay"), Number(1), decimal.Decimal(1), {1}, object(), Colour]
    for value in others:
        error = refused(value)
        assert error.code == "host/type"
        assert str(error).startswith("the object is of type ")


@pytest.mark.parametrize("key", [1, 1.0, True, None, b"v", ("v",), Text("v"), Colour.RED, decimal.Decimal(1)])
def test_keys_that_are_no_str_are_errors(key: object) -> None:
    # `json.dumps` would write 1 and "1" as one key, and let one of the two values go.
    error = refused(call({"1": "a", key: "b"}))
    assert error.code == "host/key"
    assert str(error).startswith("`/input/v` has a key of type ")
    assert refused({key: 1}).code == "host/key"


def test_dicts_have_no_two_equal_keys() -> None:
    # Equal by hash, equal by text: only subclasses of str could make two of them, and those are refused.
    class Odd(str):
        def __hash__(self) -> int:
            return id(self)

        def __eq__(self, other: object) -> bool:
            return self is other

    assert refused({"action": "pay", Odd("a"): 1, Odd("a"): 2}).code == "host/key"
    # Not normalised: two texts that look the same are two keys.
    assert POLICY.decide({"action": "pay", "\u00e9": 1, "e\u0301": 2}).reason != "request/duplicate-key"


def test_depth() -> None:
    def nested(depth: int, leaf: object = 1) -> object:
        for _ in range(depth):
            leaf = [leaf]
        return leaf

    assert POLICY.decide(call(nested(62))).reason == "rule"
    decision = denied(call(nested(63)))
    assert decision.reason == "request/too-deep"
    assert decision == POLICY.decide(as_text(call(nested(63))))
    for deep in [nested(100_000), nested(100_000, leaf=object())]:
        assert denied(call(deep)) == decision
    deep_dict: dict[str, Any] = {}
    for _ in range(100_000):
        deep_dict = {"a": deep_dict}
    assert denied({"action": "pay", "input": deep_dict}).reason == "request/too-deep"


def test_cycles() -> None:
    own: list[Any] = []
    own.append(own)
    assert denied(call(own)).reason == "request/too-deep"
    request = call(1)
    request["input"]["v"] = request
    assert denied(request).reason == "request/too-deep"
    # Each level twice as long as the one below: sixty levels of it end by size, not by patience.
    wide: list[Any] = ["x"]
    for _ in range(60):
        wide = [wide, wide]
    assert denied(call(wide)).reason == "request/too-large"


def test_size() -> None:
    head = len(as_text(call("")))
    most = 1_048_576
    assert POLICY.decide(call("x" * (most - head))).reason == "rule"
    for value in ["x" * (most - head + 1), "x" * 100_000_000, "é" * 100_000_000, "\ud800" * 100_000_000, [0] * most]:
        decision = denied(call(value))
        assert (decision.reason, decision.offset) == ("request/too-large", most)
    for text in ["x" * 100_000_000, b"{" * 100_000_000, bytearray(100_000_000)]:
        decision = denied(text)
        assert (decision.reason, decision.offset) == ("request/too-large", most)


def test_members() -> None:
    def with_members(count: int) -> dict[str, Any]:
        return {"action": "pay", **{str(i): 0 for i in range(count - 1)}}

    assert POLICY.decide(with_members(4096)).reason == "rule"
    decision = denied(with_members(4097))
    assert decision.reason == "request/too-many-members"
    assert decision == POLICY.decide(as_text(with_members(4097)))


def test_objects_that_change_while_they_are_read() -> None:
    """Nothing of Python runs while an object is read, not even a collection of garbage."""

    class Vandal:
        """Found to be garbage, it empties the request."""

        def __init__(self, request: dict[str, Any]) -> None:
            self.request = request
            self.me = self

        def __del__(self) -> None:
            self.request.clear()
            self.request["action"] = "nothing"

    expected = POLICY.decide(call(list(range(500))))
    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(200):
            request = call(list(range(500)))
            decision = POLICY.decide(request)
            Vandal(request)
            assert decision == expected
    finally:
        gc.set_threshold(*thresholds)
    gc.collect()


def test_texts() -> None:
    text = as_text(call(1))
    expected = POLICY.decide(text)
    assert expected == POLICY.decide(text.encode()) == POLICY.decide(bytearray(text.encode())) == POLICY.decide(Text(text))
    # The text is what counts, not what its class says of it.
    assert denied(Text('{"action":"\ud800"}')).reason == "request/invalid-utf8"
    assert denied("").reason == "request/invalid-json"
    assert denied("\ufeff" + text).reason == "request/invalid-json"
    assert denied(text + "\x00").reason == "request/trailing-data"
    assert denied(text.encode("utf-16")).reason == "request/invalid-utf8"
    assert denied('{"action":"pay","action":"pay"}').reason == "request/duplicate-key"
    # A name is not cut at a NUL.
    assert denied({"action": "pay\x00x"}).reason == "request/action"
    assert refused(memoryview(text.encode())).code == "host/type"


def test_the_same_rules_make_documents_of_dicts() -> None:
    def document(value: object) -> dict[str, Any]:
        return {"rules": [{"id": "r", "when": {"action": "a", "input": {"v": [value]}}, "decision": "allow"}]}

    policy = Policy.compile(document(9007199254740993))
    assert policy.digest == Policy.compile(json.dumps(document(9007199254740993))).digest
    assert policy.decide({"action": "a", "input": {"v": 9007199254740993}}).allowed
    assert Policy.compile(document("no")).decide({"action": "a", "input": {"v": "no"}}).allowed
    unwritable: list[tuple[object, str]] = [(Colour.RED, "host/type"), ({1: 2}, "host/key"), (decimal.Decimal(1), "host/type"), (10**5000, "host/int")]
    for value, code in unwritable:
        with pytest.raises(PolicyError) as raised:
            Policy.compile(document(value))
        assert raised.value.code == code
        assert raised.value.diagnostics == []
        assert str(raised.value).startswith("`/rules/0/when/input/v/0")
    wrong: list[tuple[object, str]] = [(float("nan"), "json/syntax"), ("\ud800", "json/syntax"), (10**400, "operand/number")]
    for value, code in wrong:
        with pytest.raises(PolicyError) as raised:
            Policy.compile(document(value))
        assert raised.value.code == code
    deep: list[Any] = []
    deep.append(deep)
    with pytest.raises(PolicyError) as raised:
        Policy.compile(document(deep))
    assert raised.value.code == "limit/nesting"
