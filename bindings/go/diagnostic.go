package toolgate

import "fmt"

// A Diagnostic is one thing to tell the author of a document.
type Diagnostic struct {
	// Code is stable, such as "document/duplicate-key".
	Code Code `json:"code"`
	// Severity tells whether the policy can be used all the same.
	Severity Severity `json:"severity"`
	// Message is one line.
	Message string `json:"message"`
	// File is the name of the document.
	File string `json:"file"`
	// Span is where in the document.
	Span Span `json:"span"`
	// Help is what to write instead. Empty if there is nothing to say.
	Help string `json:"help,omitempty"`
}

// String returns one line with the place, the message and the code.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s:%d:%d: %s: %s [%s]", d.File, d.Span.Line, d.Span.Column, d.Severity, d.Message, d.Code)
}

// A Severity tells whether a policy can be used.
type Severity string

// Severities.
const (
	// SeverityWarning: it can, but probably does not mean what its author thinks.
	SeverityWarning Severity = "warning"
	// SeverityError: it cannot.
	SeverityError Severity = "error"
)

// A Span is a range of a document.
type Span struct {
	// Line is 1-based.
	Line int `json:"line"`
	// Column is 1-based, in code points.
	Column int `json:"column"`
	// Start is the offset of the first byte.
	Start int `json:"start"`
	// End is the offset after the last byte.
	End int `json:"end"`
}
