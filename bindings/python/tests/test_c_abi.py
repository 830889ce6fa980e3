"""The C ABI from a second side: the shared library by ctypes, against the module."""

from __future__ import annotations

import ctypes
import json
import os
from ctypes import POINTER, Structure, byref, c_char_p, c_size_t, c_uint32, c_void_p
from pathlib import Path

import pytest
from support import cases, files, index, name_of, policies_of, read

import toolgate
from toolgate import Policy, PolicyError


class Text(Structure):
    _fields_ = [("data", c_void_p), ("len", c_size_t)]

    def value(self) -> str:
        return ctypes.string_at(self.data, self.len).decode()


class Document(Structure):
    _fields_ = [("name", c_char_p), ("name_len", c_size_t), ("text", c_char_p), ("text_len", c_size_t)]


OK, NULL, BUFFER_TOO_SMALL, INVALID_DIGEST, NO_DOCUMENTS, INVALID_POLICY = 0, 1, 4, 8, 9, 10
CLARIFIED = 1
VERDICTS = ["deny", "clarification_required", "approval_required", "allow"]
DECIDE = files("decide")
DOCUMENTS = [("policy.yaml", b"rules: [{id: r, when: {action: pay, input: {v: [{lte: 5}]}}, decision: allow}]")]


class Library:
    """The functions that are used here, with their types as in `toolgate.h`."""

    def __init__(self, path: str) -> None:
        self.c = ctypes.CDLL(path)
        handle, out = c_void_p, POINTER(c_void_p)
        decide = [handle, handle, c_char_p, c_size_t, c_uint32]
        for name, result, arguments in [
            ("abi_version", c_uint32, []),
            ("version", Text, []),
            ("status_code", Text, [c_uint32]),
            ("bytes_data", c_void_p, [handle]),
            ("bytes_len", c_size_t, [handle]),
            ("bytes_free", None, [handle]),
            ("compile", c_uint32, [POINTER(Document), c_size_t, c_uint32, out, out]),
            ("policy_load", c_uint32, [c_char_p, c_size_t, out, out]),
            ("policy_load_expecting", c_uint32, [c_char_p, c_size_t, c_char_p, c_size_t, out, out]),
            ("policy_free", None, [handle]),
            ("policy_info", c_uint32, [handle, out]),
            ("scratch_new", c_uint32, [handle, out]),
            ("scratch_free", None, [handle]),
            ("decide", c_uint32, [*decide, c_void_p, c_size_t, POINTER(c_size_t), POINTER(c_uint32)]),
            ("decide_verdict", c_uint32, [*decide, POINTER(c_uint32)]),
        ]:
            function = getattr(self.c, f"toolgate_{name}")
            function.restype, function.argtypes = result, arguments

    def take(self, handle: c_void_p) -> bytes:
        """The bytes that the library made, which are freed."""
        taken = ctypes.string_at(self.c.toolgate_bytes_data(handle), self.c.toolgate_bytes_len(handle))
        self.c.toolgate_bytes_free(handle)
        return taken

    def compile(self, documents: list[tuple[str, bytes]]) -> tuple[int, bytes | None, str]:
        """Status, artifact and diagnostics."""
        listed = (Document * max(1, len(documents)))()
        for place, (name, text) in zip(listed, documents, strict=False):
            named = name.encode()
            place.name, place.name_len, place.text, place.text_len = named, len(named), text, len(text)
        artifact, diagnostics = c_void_p(), c_void_p()
        status = self.c.toolgate_compile(listed, len(documents), 0, byref(artifact), byref(diagnostics))
        told = self.take(diagnostics).decode() if diagnostics else ""
        return status, self.take(artifact) if artifact else None, told


class Loaded:
    """A policy and a scratch of the library."""

    def __init__(self, library: Library, artifact: bytes) -> None:
        self.library = library
        self.policy, self.scratch = c_void_p(), c_void_p()
        assert library.c.toolgate_policy_load(artifact, len(artifact), byref(self.policy), None) == OK
        assert library.c.toolgate_scratch_new(self.policy, byref(self.scratch)) == OK

    def decide(self, request: bytes, options: int) -> tuple[str, str, str]:
        """The decision's JSON, and the verdict of both functions."""
        needed, verdict, alone = c_size_t(), c_uint32(), c_uint32()
        call = (self.policy, self.scratch, request, len(request), options)
        buffer = ctypes.create_string_buffer(65_536)
        assert self.library.c.toolgate_decide(*call, buffer, len(buffer), byref(needed), byref(verdict)) == OK
        assert self.library.c.toolgate_decide_verdict(*call, byref(alone)) == OK
        return buffer.raw[: needed.value].decode(), VERDICTS[verdict.value], VERDICTS[alone.value]

    def free(self) -> None:
        self.library.c.toolgate_scratch_free(self.scratch)
        self.library.c.toolgate_policy_free(self.policy)


@pytest.fixture(scope="module")
def library() -> Library:
    path = os.environ.get("TOOLGATE_LIBRARY")
    assert path, "set TOOLGATE_LIBRARY to the shared library of ffi/, or run `cargo xtask python`, which builds it"
    return Library(path)


def test_the_library_is_the_one_of_this_version(library: Library) -> None:
    assert library.c.toolgate_abi_version() == 1
    assert library.c.toolgate_version().value() == toolgate.__version__
    assert library.c.toolgate_status_code(OK).value() == "ok"
    assert library.c.toolgate_status_code(INVALID_DIGEST).value() == "host/invalid-digest"
    assert library.c.toolgate_status_code(NO_DOCUMENTS).value() == "host/no-documents"


@pytest.mark.parametrize("path", DECIDE, ids=name_of)
def test_both_decide_alike(path: Path, library: Library) -> None:
    vector = read(path)
    policy = Policy.compile(policies_of(vector))
    status, artifact, _ = library.compile(policies_of(vector))
    assert (status, artifact) == (OK, policy.artifact)
    loaded = Loaded(library, policy.artifact)
    for name, request, clarified, _ in cases(vector):
        decision = policy.decide(request, clarified=clarified)
        found = loaded.decide(request, CLARIFIED if clarified else 0)
        assert found == (decision.to_json(), decision.decision, decision.decision), name
    loaded.free()


def test_all_cases_are_there() -> None:
    assert sum(len(read(path)["cases"]) for path in DECIDE) == index()["decide"]["cases"]


def test_both_tell_the_same_of_a_policy(library: Library) -> None:
    policy = Policy.compile(DOCUMENTS)
    loaded, info = Loaded(library, policy.artifact), c_void_p()
    assert library.c.toolgate_policy_info(loaded.policy, byref(info)) == OK
    assert json.loads(library.take(info)) == policy.info
    loaded.free()
    wrong = [("policy.yaml", b"rules: [{id: r, when: {actoin: a}, decision: alow}, 5]")]
    with pytest.raises(PolicyError) as raised:
        Policy.compile(wrong)
    status, artifact, diagnostics = library.compile(wrong)
    assert (status, artifact) == (INVALID_POLICY, None)
    assert json.loads(diagnostics) == raised.value.diagnostics
    assert library.compile([])[0] == NO_DOCUMENTS


def test_every_error_leaves_a_deny(library: Library) -> None:
    loaded = Loaded(library, Policy.compile(DOCUMENTS).artifact)
    request = b'{"action":"pay","input":{"v":5}}'
    assert loaded.decide(request, 0)[1] == "allow"
    buffer, needed, verdict = ctypes.create_string_buffer(8), c_size_t(), c_uint32(3)
    decide = library.c.toolgate_decide
    call = (request, len(request), 0, buffer, len(buffer), byref(needed), byref(verdict))
    assert decide(loaded.policy, loaded.scratch, *call) == BUFFER_TOO_SMALL
    assert (verdict.value, needed.value > len(buffer)) == (0, True)
    for policy, scratch in [(None, loaded.scratch), (loaded.policy, None), (None, None)]:
        verdict.value = 3
        assert decide(policy, scratch, *call) == NULL
        assert verdict.value == 0
    loaded.free()


def test_what_does_not_load_is_told_by_the_same_codes(library: Library) -> None:
    artifact = Policy.compile(DOCUMENTS).artifact
    for bad, digest in [
        (b"", None),
        (artifact[:-1], None),
        (artifact[:-1] + b"\xff", None),
        (artifact, b"sha256:" + b"0" * 64),
        (artifact, b"sha256"),
    ]:
        with pytest.raises(toolgate.LoadError) as raised:
            Policy.load(bad, digest=digest.decode() if digest is not None else None)
        policy, message = c_void_p(), c_void_p()
        if digest is None:
            status = library.c.toolgate_policy_load(bad, len(bad), byref(policy), byref(message))
        else:
            status = library.c.toolgate_policy_load_expecting(bad, len(bad), digest, len(digest), byref(policy), byref(message))
        assert library.c.toolgate_status_code(status).value() == raised.value.code
        assert not policy
        # What is wrong with bytes is said in words, what is wrong with a call is not.
        assert bool(library.take(message)) == raised.value.code.startswith("load/")
