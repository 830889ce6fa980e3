"""Every vector: the same bytes, the same decision, as in every other host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import cases, documents_of, files, index, name_of, policies_of, read

from toolgate import Diagnostic, LoadError, Policy, PolicyError

DECIDE = files("decide")
REJECT = files("reject")
ACCEPT = files("accept")
WARN = files("warn")

# Cases of each file that are explained: an explanation asks the interpreter again and again.
EXPLAINED = 3


@pytest.mark.parametrize("path", DECIDE, ids=name_of)
def test_decide(path: Path) -> None:
    vector = read(path)
    policy = Policy.compile(policies_of(vector))
    assert policy.verdict(b"") == "deny"
    for name, request, clarified, expected in cases(vector):
        decision = policy.decide(request, clarified=clarified)
        found = decision.to_dict()
        assert {key: found[key] for key in expected} == expected, name  # type: ignore[literal-required]
        assert json.loads(decision.to_json()) == found, name
        assert policy.verdict(request, clarified=clarified) == decision.decision, name
        assert decision.policy == policy.digest, name
        # As a str, for those that one can be.
        try:
            text = request.decode()
        except UnicodeDecodeError:
            continue
        assert policy.decide(text, clarified=clarified) == decision, name


@pytest.mark.parametrize("path", DECIDE, ids=name_of)
def test_explanations_decide_alike(path: Path) -> None:
    """They are made by the reference interpreter, which shares no code with what decides."""
    vector = read(path)
    policy = Policy.compile(policies_of(vector))
    for name, request, clarified, _ in list(cases(vector))[:EXPLAINED]:
        explained = policy.explain(request, clarified=clarified).to_dict()
        assert explained["decision"] == policy.decide(request, clarified=clarified).to_dict(), name


def test_all_of_decide_is_there() -> None:
    count = sum(len(read(path)["cases"]) for path in DECIDE)
    assert (len(DECIDE), count) == (index()["decide"]["files"], index()["decide"]["cases"])
    print(f"vectors/decide: {len(DECIDE)} files, {count} cases")


def is_as_expected(found: Diagnostic, expected: Any, names: list[str]) -> bool:
    span = (found["span"]["start"], found["span"]["end"])
    return (
        found["code"] == expected["code"]
        and ("file" not in expected or found["file"] == names[expected["file"]])
        and ("span" not in expected or list(span) == expected["span"])
        and ("start" not in expected or span[0] == expected["start"])
    )


@pytest.mark.parametrize("path", REJECT, ids=name_of)
def test_reject(path: Path) -> None:
    vector = read(path)
    documents = documents_of(vector)
    with pytest.raises(PolicyError) as raised:
        Policy.compile(documents)
    found = [diagnostic for diagnostic in raised.value.diagnostics if diagnostic["severity"] == "error"]
    names = [name for name, _ in documents]
    assert [diagnostic["code"] for diagnostic in found] == [expected["code"] for expected in vector["expect"]]
    for diagnostic, expected in zip(found, vector["expect"], strict=True):
        assert is_as_expected(diagnostic, expected, names), (diagnostic, expected)
    assert raised.value.code == found[0]["code"]
    assert f"error[{found[0]['code']}]: " in str(raised.value)


@pytest.mark.parametrize("path", ACCEPT, ids=name_of)
def test_accept(path: Path) -> None:
    vector = read(path)
    policy = Policy.compile(documents_of(vector))
    codes = [diagnostic["code"] for diagnostic in policy.diagnostics]
    assert all(diagnostic["severity"] == "warning" for diagnostic in policy.diagnostics)
    assert set(vector.get("warnings", [])) <= set(codes)


@pytest.mark.parametrize("path", WARN, ids=name_of)
def test_warn(path: Path) -> None:
    vector = read(path)
    found = Policy.compile(documents_of(vector)).diagnostics
    assert [diagnostic["code"] for diagnostic in found] == [expected["code"] for expected in vector["expect"]]
    for diagnostic, expected in zip(found, vector["expect"], strict=True):
        assert is_as_expected(diagnostic, expected, []), (diagnostic, expected)


def test_all_documents_are_there() -> None:
    for area, paths in {"reject": REJECT, "accept": ACCEPT, "warn": WARN}.items():
        assert len(paths) == index()[area]["cases"]
        print(f"vectors/{area}: {len(paths)} cases")


GOLDEN = [path for path in files("artifact") if path.suffix == ".json"]


@pytest.mark.parametrize("path", GOLDEN, ids=name_of)
def test_artifacts_that_were_written_once_load_or_are_refused_by_name(path: Path) -> None:
    expected = read(path)
    artifact = path.with_suffix(".bin").read_bytes()
    if expected["load"] != "ok":
        with pytest.raises(LoadError) as raised:
            Policy.load(artifact)
        assert raised.value.code == expected["load"]
        return
    policy = Policy.load(artifact, digest=expected["policy"])
    for case in expected["cases"]:
        assert policy.decide(case["request"]).decision == case["decision"], case["request"]


def test_there_are_artifacts() -> None:
    assert GOLDEN
