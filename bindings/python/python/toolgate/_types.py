"""The shapes of what goes in and comes out, for type checkers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypedDict

Verdict = Literal["allow", "approval_required", "clarification_required", "deny"]
Risk = Literal["low", "medium", "high", "critical"]

#: A policy document: YAML or JSON text, or what such a text says.
Document = str | bytes | bytearray | dict[str, Any]
#: A document, or several with their names.
Documents = Document | Sequence[tuple[str, Document]]
#: A request: JSON text, or what such a text says.
Request = str | bytes | bytearray | dict[str, Any]


class Span(TypedDict):
    """A place in a document: line and column from 1, in code points, and byte offsets."""

    line: int
    column: int
    start: int
    end: int


class _Diagnostic(TypedDict):
    code: str
    severity: Literal["error", "warning"]
    message: str
    file: str
    span: Span


class Diagnostic(_Diagnostic, total=False):
    """One error or warning about a document. `help` says what to write instead, if that can be said."""

    help: str


class Doubt(TypedDict):
    """A rule that holds only by doubt, and a field in doubt."""

    rule: str
    field: str


class Shadow(TypedDict):
    """A shadow rule that holds, and what it would have decided."""

    rule: str
    decision: Verdict


class DecisionDict(TypedDict):
    """A decision as a dict, in the shape of its JSON."""

    decision: Verdict
    rules: list[str]
    truncated: bool
    requirements: list[str]
    risk: Risk | None
    message: str | None
    undecided: list[Doubt]
    shadow: list[Shadow]
    default: bool
    reason: str
    offset: int | None
    policy: str


class Certificate(TypedDict):
    """What a decision costs at most: steps, and passes over the request, without and with arrays where the policy reads."""

    steps_scalar: int
    steps_fixed: int
    steps_per_byte: int
    scans_scalar: int
    scans: int


class Info(TypedDict):
    """What there is to know of a policy."""

    policy: str
    artifact: str
    format: int
    rules: int
    fields: list[str]
    artifact_bytes: int
    certificate: Certificate
