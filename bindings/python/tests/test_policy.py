"""The policy, the decision and the errors."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

import toolgate
from toolgate import Decision, Explanation, ExplainError, LoadError, Policy, PolicyError, RequestError, ToolgateError

TEXT = """\
rules:
  - id: small-transfer
    when: { action: transfer_money, input: { amount: [{ gt: 0, lte: 1000 }] } }
    decision: allow
    requirements: [log]
  - id: large-transfer
    when: { action: transfer_money, input: { amount: [{ gt: 1000 }] } }
    decision: approval_required
    risk: high
    message: A person must approve transfers above 1000.
  - id: blocked-payee
    when: { action: transfer_money, input: { to: [{ prefix: XX }] } }
    decision: deny
  - id: which-account
    when: { action: close_account }
    decision: clarification_required
  - id: night
    when: { action: transfer_money }
    decision: deny
    mode: shadow
"""
POLICY = Policy.compile(TEXT)


def transfer(amount: object) -> dict[str, Any]:
    return {"action": "transfer_money", "input": {"amount": amount, "to": "DE02"}}


def test_a_decision() -> None:
    decision = POLICY.decide(transfer(5000))
    assert decision.decision == "approval_required"
    assert not decision.allowed
    assert decision.rules == ("large-transfer",)
    assert decision.truncated is False
    assert decision.requirements == ()
    assert decision.risk == "high"
    assert decision.message == "A person must approve transfers above 1000."
    assert decision.undecided == ()
    assert decision.shadow == ({"rule": "night", "decision": "deny"},)
    assert decision.default is False
    assert decision.reason == "rule"
    assert decision.offset is None
    assert decision.policy == POLICY.digest
    assert list(decision.to_dict()) == [
        "decision", "rules", "truncated", "requirements", "risk", "message", "undecided", "shadow", "default", "reason", "offset",
        "policy",
    ]  # fmt: skip
    assert json.loads(decision.to_json()) == decision.to_dict()
    assert all(name in dir(Decision) for name in decision.to_dict())


def test_a_decision_by_doubt() -> None:
    decision = POLICY.decide({"action": "transfer_money", "input": {"amount": 5}})
    assert decision.decision == "deny"
    assert decision.rules == ("blocked-payee",)
    assert decision.undecided == ({"rule": "blocked-payee", "field": "/action/input/to"},)


def test_a_refused_request() -> None:
    decision = POLICY.decide('{"action":"a","action":"b"}')
    assert (decision.decision, decision.reason, decision.offset) == ("deny", "request/duplicate-key", 14)
    assert (decision.rules, decision.risk, decision.message) == ((), None, None)


def test_clarified() -> None:
    call = {"action": "close_account"}
    assert POLICY.decide(call).decision == "clarification_required"
    assert POLICY.decide(call, clarified=True).decision == "allow"
    assert POLICY.verdict(call, clarified=True) == "allow"
    for argument in ["no", 1, 0, None, []]:
        with pytest.raises(TypeError):
            POLICY.decide(call, clarified=argument)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        POLICY.decide(call, True)  # type: ignore[call-arg]


def test_a_decision_is_true_only_if_it_allows() -> None:
    assert POLICY.decide(transfer(5))
    for call in [transfer(5000), transfer(None), {"action": "close_account"}, {"action": "other"}, {}]:
        assert not POLICY.decide(call)


def test_a_decision_is_not_compared_with_a_word() -> None:
    decision = POLICY.decide({"action": "other"})
    # `!=` would be true for every decision, and the call would run.
    for word in ["deny", "allow", ""]:
        with pytest.raises(TypeError, match="attribute `decision`"):
            _ = decision == word
        with pytest.raises(TypeError, match="attribute `decision`"):
            _ = decision != word
        with pytest.raises(TypeError, match="attribute `decision`"):
            _ = word != decision
    with pytest.raises(TypeError, match="attribute `decision`"):
        _ = decision in ("allow", "deny")
    assert decision == POLICY.decide({"action": "another"})
    assert decision != POLICY.decide(transfer(5))
    assert decision != None  # noqa: E711
    assert decision != 5
    assert len({decision, POLICY.decide({"action": "another"}), POLICY.decide(transfer(5))}) == 2
    with pytest.raises(TypeError):
        _ = decision < decision  # type: ignore[operator]


def test_nothing_changes_a_decision_or_a_policy() -> None:
    decision = POLICY.decide({"action": "other"})
    for name in [*decision.to_dict(), "allowed", "other"]:
        with pytest.raises(AttributeError):
            setattr(decision, name, "allow")
    with pytest.raises(AttributeError):
        POLICY.digest = ""  # type: ignore[misc]
    decision.to_dict()["rules"].append("x")
    POLICY.diagnostics.append({})  # type: ignore[typeddict-item]
    POLICY.info.clear()  # type: ignore[attr-defined]
    assert decision == POLICY.decide({"action": "other"})
    assert POLICY.diagnostics == [] and POLICY.info["rules"] == 5
    for kind in [Decision, Explanation, Policy]:
        with pytest.raises(TypeError):
            kind()
        with pytest.raises(TypeError):
            type("Mine", (kind,), {})


def test_repr() -> None:
    assert repr(POLICY.decide(transfer(5))) == (
        "<Decision allow rules=['small-transfer'] requirements=['log'] shadow=[{'rule': 'night', 'decision': 'deny'}]>"
    )
    assert repr(POLICY.decide({"action": "other"})) == "<Decision deny reason='default'>"
    assert repr(POLICY.decide("{")) == "<Decision deny reason='request/invalid-json' offset=1>"
    assert repr(POLICY) == f"<Policy {POLICY.digest} rules=5>"
    # What a policy says cannot forge a line of a log.
    forged = Policy.compile({"rules": [{"id": "a", "when": {"action": "*"}, "decision": "deny", "message": "x\n\x1b[2J\u202e"}]})
    assert repr(forged.decide({"action": "a"})) == r"<Decision deny rules=['a'] message='x\n\x1b[2J\u202e'>"


def test_load() -> None:
    artifacts: list[bytes | bytearray] = [POLICY.artifact, bytearray(POLICY.artifact)]
    digests = [None, POLICY.digest]
    for artifact in artifacts:
        for digest in digests:
            loaded = Policy.load(artifact, digest=digest)
            assert loaded.digest == POLICY.digest
            assert loaded.artifact == POLICY.artifact
            assert loaded.info == POLICY.info
            assert loaded.decide(transfer(5)) == POLICY.decide(transfer(5))
    assert Policy.compile(TEXT).artifact == POLICY.artifact


def flipped(artifact: bytes, at: int) -> bytes:
    return artifact[:at] + bytes([artifact[at] ^ 1]) + artifact[at + 1 :]


@pytest.mark.parametrize(
    ("artifact", "code"),
    [
        (b"", "load/magic"),
        (b"TOOLGAT", "load/magic"),
        (TEXT.encode(), "load/magic"),
        (b"\x00" + POLICY.artifact, "load/magic"),
        (flipped(POLICY.artifact, 8), "load/version"),
        (POLICY.artifact[:-1], "load/truncated"),
        (POLICY.artifact + b"\x00", "load/truncated"),
        (POLICY.artifact * 2, "load/truncated"),
        (flipped(POLICY.artifact, len(POLICY.artifact) - 1), "load/digest"),
        (TEXT, "host/type"),
        (None, "host/type"),
        (memoryview(POLICY.artifact), "host/type"),
        (5, "host/type"),
    ],
)
def test_what_is_no_artifact(artifact: Any, code: str) -> None:
    with pytest.raises(LoadError) as raised:
        Policy.load(artifact)
    assert raised.value.code == code


def test_every_cut_of_an_artifact_is_refused() -> None:
    for length in range(len(POLICY.artifact)):
        with pytest.raises(LoadError):
            Policy.load(POLICY.artifact[:length])


def test_misaligned_bytes_load() -> None:
    for shift in range(8):
        moved = bytes(shift) + POLICY.artifact
        assert Policy.load(bytes(memoryview(moved)[shift:])).digest == POLICY.digest


@pytest.mark.parametrize(
    ("digest", "code"),
    [
        ("sha256:" + "0" * 64, "load/other-policy"),
        ("", "host/invalid-digest"),
        ("sha256:" + "0" * 63, "host/invalid-digest"),
        ("sha256:" + "0" * 65, "host/invalid-digest"),
        ("sha256:" + "+0" * 32, "host/invalid-digest"),
        ("sha256:" + "é" * 32, "host/invalid-digest"),
        (POLICY.digest.removeprefix("sha256:"), "host/invalid-digest"),
        (POLICY.digest.upper(), "host/invalid-digest"),
        (POLICY.digest + "\n", "host/invalid-digest"),
        (POLICY.digest.encode(), "host/invalid-digest"),
        (5, "host/invalid-digest"),
        (False, "host/invalid-digest"),
    ],
)
def test_a_digest_that_is_another_or_none(digest: Any, code: str) -> None:
    with pytest.raises(LoadError) as raised:
        Policy.load(POLICY.artifact, digest=digest)
    assert raised.value.code == code


def test_documents() -> None:
    first, second = TEXT.split("  - id: which-account", 1)
    second = "rules:\n  - id: which-account" + second
    whole = POLICY.digest
    assert Policy.compile(TEXT.encode()).digest == whole
    assert Policy.compile(bytearray(TEXT.encode())).digest == whole
    assert Policy.compile([("a.yaml", first), ("b.yaml", second.encode())]).digest == whole
    assert Policy.compile((("a.yaml", first), ("b.yaml", second))).digest == whole
    rule = {"id": "deny-it", "when": {"action": "b"}, "decision": "deny"}
    mixed = Policy.compile([("a.yaml", TEXT), ("b", {"rules": [rule]})])
    assert mixed.info["rules"] == 6
    with pytest.raises(PolicyError) as raised:
        Policy.compile([("a.yaml", TEXT), ("b.yaml", {"rules": [rule, rule]}), ("c.yaml", "rules: 5")])
    assert [(d["code"], d["file"]) for d in raised.value.diagnostics] == [("document/duplicate-id", "b.json"), ("document/wrong-type", "c.yaml")]


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        (None, "host/type"),
        (5, "host/type"),
        ({1, 2}, "host/type"),
        (memoryview(b""), "host/type"),
        ([], "host/no-documents"),
        ((), "host/no-documents"),
        ([TEXT], "host/type"),
        ([("a.yaml", TEXT, 1)], "host/type"),
        ([(1, TEXT)], "host/type"),
        ([("a.yaml", None)], "host/type"),
        (iter([("a.yaml", TEXT)]), "host/type"),
    ],
)
def test_what_is_no_document(documents: Any, code: str) -> None:
    with pytest.raises(PolicyError) as raised:
        Policy.compile(documents)
    assert raised.value.code == code
    assert raised.value.diagnostics == []


def test_everything_wrong_is_told_at_once() -> None:
    text = "rules:\n  - id: a\n    when: {action: b}\n    decision: alow\n  - id: a\n    decision: deny\n"
    with pytest.raises(PolicyError) as raised:
        Policy.compile(text)
    error = raised.value
    assert [d["code"] for d in error.diagnostics] == ["document/unknown-value", "document/no-condition", "document/duplicate-id"]
    assert error.code == "document/unknown-value"
    first = error.diagnostics[0]
    assert first["severity"] == "error" and first["file"] == "policy.yaml"
    assert first["span"] == {"line": 4, "column": 15, "start": text.index("alow"), "end": text.index("alow") + 4}
    assert first["help"] == "did you mean `allow`?"
    assert "decision: alow\n" in str(error) and "^^^^" in str(error)


def test_warnings() -> None:
    policy = Policy.compile("default: {decision: allow}")
    assert [d["code"] for d in policy.diagnostics] == ["lint/no-rules", "lint/default-allow"]
    assert Policy.load(policy.artifact).diagnostics == []


def test_info_and_fields() -> None:
    info = POLICY.info
    assert list(info) == ["policy", "artifact", "format", "rules", "fields", "artifact_bytes", "certificate"]
    assert info["policy"] == POLICY.digest
    assert re.fullmatch("sha256:[0-9a-f]{64}", info["artifact"])
    assert info["rules"] == 5
    assert info["artifact_bytes"] == len(POLICY.artifact)
    assert tuple(info["fields"]) == POLICY.fields == ("/action/name", "/action/input/amount", "/action/input/to")
    assert info["certificate"]["steps_scalar"] > 0


def test_an_explanation() -> None:
    call = transfer(5000)
    explanation = POLICY.explain(call)
    assert explanation.text == str(explanation)
    assert explanation.text.startswith("not safe to show to a model: ")
    assert "rule `small-transfer` (allow) does not hold" in explanation.text
    assert json.loads(explanation.to_json()) == explanation.to_dict()
    assert explanation.to_dict()["decision"] == POLICY.decide(call).to_dict()
    assert POLICY.explain(json.dumps(call)).to_dict() == explanation.to_dict()
    one = POLICY.explain(call, rule="which-account").to_dict()
    assert [rule["rule"] for rule in one["rules"]] == ["which-account"]
    assert one["rules"][0]["file"] == "policy.yaml"
    closing = {"action": "close_account"}
    assert POLICY.explain(closing, clarified=True).to_dict()["decision"] == POLICY.decide(closing, clarified=True).to_dict()
    assert POLICY.explain("{").to_dict()["decision"] == POLICY.decide("{").to_dict()
    with pytest.raises(RequestError) as raised:
        POLICY.explain({"action": object()})
    assert raised.value.code == "host/type"
    with pytest.raises(ExplainError) as unknown:
        POLICY.explain(call, rule="small-transfre")
    assert unknown.value.code == "host/unknown-rule"
    assert "did you mean `small-transfer`?" in str(unknown.value)


def test_explaining_from_an_artifact() -> None:
    with pytest.raises(ExplainError) as raised:
        Policy.load(POLICY.artifact).explain(transfer(5))
    assert raised.value.code == "host/no-sources"
    carrying = Policy.compile([("a.yaml", TEXT)], with_sources=True)
    assert carrying.digest == POLICY.digest and len(carrying.artifact) > len(POLICY.artifact)
    loaded = Policy.load(carrying.artifact, digest=POLICY.digest)
    assert loaded.decide(transfer(5)) == POLICY.decide(transfer(5))
    assert loaded.explain(transfer(5)).to_dict() == carrying.explain(transfer(5)).to_dict()
    assert loaded.explain(transfer(5)).to_dict()["rules"][0]["file"] == "a.yaml"


def test_errors_are_of_one_family_and_survive_pickling() -> None:
    failing: list[Callable[[], object]] = [
        lambda: Policy.compile("a: 1"),
        lambda: Policy.load(b""),
        lambda: POLICY.decide({"action": object()}),
        lambda: POLICY.explain({}, rule="other"),
    ]
    for do in failing:
        with pytest.raises(ToolgateError) as raised:
            do()
        error = raised.value
        assert type(error).__module__ == "toolgate" and type(error) in (PolicyError, ExplainError, LoadError, RequestError)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.code, str(again)) == (type(error), error.code, str(error))
        assert getattr(again, "diagnostics", None) == getattr(error, "diagnostics", None)


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert toolgate.__version__ == version("toolgate")
