"""Toolgate decides, before an AI agent's tool call runs, whether it may.

    policy = toolgate.Policy.compile(text)
    decision = policy.decide({"action": "send_email", "input": {"to": "a@example.com"}})
    if decision.allowed:
        ...

What is no request is denied. Every failure raises an error that derives from ToolgateError and has a stable `code`: an
exception is no permission.
"""

from toolgate._errors import ExplainError, LoadError, PolicyError, RequestError, ToolgateError
from toolgate._toolgate import Decision, Explanation, Policy, __version__
from toolgate._types import (
    Certificate,
    DecisionDict,
    Diagnostic,
    Document,
    Documents,
    Doubt,
    Info,
    Request,
    Risk,
    Shadow,
    Span,
    Verdict,
)

__all__ = [
    "Certificate",
    "Decision",
    "DecisionDict",
    "Diagnostic",
    "Document",
    "Documents",
    "Doubt",
    "ExplainError",
    "Explanation",
    "Info",
    "LoadError",
    "Policy",
    "PolicyError",
    "Request",
    "RequestError",
    "Risk",
    "Shadow",
    "Span",
    "ToolgateError",
    "Verdict",
    "__version__",
]
