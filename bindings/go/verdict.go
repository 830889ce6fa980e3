package toolgate

import "fmt"

// A Verdict is what to do with a tool call. The zero value is Deny.
type Verdict uint8

// Verdicts, strictest first.
const (
	// Deny: the call must not run.
	Deny Verdict = iota
	// ClarificationRequired: the caller must clarify first, and then ask again with [Clarified].
	ClarificationRequired
	// ApprovalRequired: a human must approve first.
	ApprovalRequired
	// Allow: the call may run.
	Allow
)

var verdictWords = [...]string{"deny", "clarification_required", "approval_required", "allow"}

// String returns the word of the verdict, such as "approval_required".
func (v Verdict) String() string {
	if int(v) >= len(verdictWords) {
		return "deny"
	}
	return verdictWords[v]
}

// Allowed tells whether the call may run as it is.
func (v Verdict) Allowed() bool {
	return v == Allow
}

// MarshalText writes the word.
func (v Verdict) MarshalText() ([]byte, error) {
	return []byte(v.String()), nil
}

// UnmarshalText reads the word. Of every other text the verdict is Deny, and that is an error.
func (v *Verdict) UnmarshalText(text []byte) error {
	for number, word := range verdictWords {
		if string(text) == word {
			*v = Verdict(number)
			return nil
		}
	}
	*v = Deny
	return fmt.Errorf("toolgate: %q is no verdict", text)
}
