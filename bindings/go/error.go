package toolgate

import (
	"errors"
	"fmt"
	"strings"
)

// A Code names a kind of failure. Codes are stable and equal in every host: "load/digest", "document/duplicate-key".
//
// It is an error only so that errors.Is(err, toolgate.CodeClosed) works.
type Code string

// Codes of failures of this package's own. All others are those of docs/semantics.md and docs/artifact.md.
const (
	// CodeClosed: the policy is closed.
	CodeClosed Code = "host/closed"
	// CodeNull: the policy is nil, or was not made by Compile or Load.
	CodeNull Code = "host/null"
	// CodeTrap: the engine stopped in the middle. That instance of it is gone; the policy can be used.
	CodeTrap Code = "host/trap"
	// CodeMemory: an instance of the engine has no memory left for this.
	CodeMemory Code = "host/memory"
	// CodeTooLarge: documents or an artifact of more bytes than an instance of the engine can have.
	CodeTooLarge Code = "host/too-large"
	// CodeNoDocuments: a policy of no documents.
	CodeNoDocuments Code = "host/no-documents"
	// CodeInvalidUTF8: the name of a document is not UTF-8.
	CodeInvalidUTF8 Code = "host/invalid-utf8"
	// CodeInvalidDigest: the expected digest is not "sha256:" and 64 lower-case hexadecimal digits.
	CodeInvalidDigest Code = "host/invalid-digest"
	// CodeNoSources: the artifact does not carry its documents, so there is nothing to explain from.
	CodeNoSources Code = "host/no-sources"
	// CodeOtherSources: the documents in the artifact are not those of its policy.
	CodeOtherSources Code = "host/other-sources"
	// CodeUnknownRule: the policy has no rule of that id.
	CodeUnknownRule Code = "host/unknown-rule"
	// CodeEngine: this platform cannot start the engine.
	CodeEngine Code = "host/engine"
)

// Error returns the code.
func (c Code) Error() string {
	return string(c)
}

// An Error is what every failure of this package is.
type Error struct {
	// Code is stable. If documents make no policy it is that of the first error among the diagnostics.
	Code Code
	// Message is one line for people.
	Message string
	// Diagnostics are everything that there is to say about documents that make no policy, warnings too.
	Diagnostics []Diagnostic

	cause error
}

// Error returns the message and the code, or a line for each diagnostic.
func (e *Error) Error() string {
	if len(e.Diagnostics) == 0 {
		return fmt.Sprintf("toolgate: %s [%s]", e.Message, e.Code)
	}
	lines := []string{"toolgate: " + e.Message}
	for _, diagnostic := range e.Diagnostics {
		lines = append(lines, diagnostic.String())
	}
	return strings.Join(lines, "\n")
}

// Is tells whether target is the code of the error or of one of its diagnostics that are errors.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	if !ok {
		return false
	}
	for _, diagnostic := range e.Diagnostics {
		if diagnostic.Severity == SeverityError && diagnostic.Code == code {
			return true
		}
	}
	return e.Code == code
}

// Unwrap returns what the error comes from, if it is from outside of this package.
func (e *Error) Unwrap() error {
	return e.cause
}

// failure is an error of this package's own.
func failure(code Code, format string, arguments ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
}

func noPolicy() error {
	return failure(CodeNull, "there is no policy; make one with Compile or Load")
}

func closed() error {
	return failure(CodeClosed, "the policy is closed")
}

// trapped is the error of a call that the engine did not return from as it should.
func trapped(cause error) *Error {
	return &Error{Code: CodeTrap, Message: "the engine stopped in the middle of a call", cause: cause}
}

func codeOf(err error) Code {
	var known *Error
	if errors.As(err, &known) {
		return known.Code
	}
	return CodeTrap
}
