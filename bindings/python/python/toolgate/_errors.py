"""The exceptions. `_toolgate` raises them."""

from __future__ import annotations

from toolgate._types import Diagnostic


class ToolgateError(Exception):
    """Whatever Toolgate raises. `code` is stable and equal in every host; the text is for people."""

    code: str

    def __init__(self, code: str, message: str, *more: object) -> None:
        # All of them, so that the error survives pickling.
        super().__init__(code, message, *more)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[1])


class PolicyError(ToolgateError):
    """Documents that make no policy. `code` is that of the first error among the diagnostics."""

    #: Everything that was found in the documents, warnings too. Empty if what was given are no documents.
    diagnostics: list[Diagnostic]

    def __init__(self, code: str, message: str, diagnostics: list[Diagnostic]) -> None:
        super().__init__(code, message, diagnostics)
        self.diagnostics = diagnostics


class ExplainError(ToolgateError):
    """A policy that decides and cannot be explained: its documents are not at hand, or it has no such rule."""


class LoadError(ToolgateError):
    """Bytes that are no artifact of this format, or not that of the policy one expects."""


class RequestError(ToolgateError):
    """An object that JSON has no value for, so that nothing can be decided about it. The call must not run."""


# They are part of `toolgate`, wherever they are written.
for _error in (ToolgateError, PolicyError, ExplainError, LoadError, RequestError):
    _error.__module__ = "toolgate"
