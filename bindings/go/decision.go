package toolgate

// A Decision is the whole answer about one call. The zero value denies.
//
// Its JSON is the one that every host writes.
type Decision struct {
	// Decision is what to do.
	Decision Verdict `json:"decision"`
	// Rules are the ids of the rules of this decision that hold, in document order; at most 64.
	Rules []string `json:"rules"`
	// Truncated tells that a list was cut.
	Truncated bool `json:"truncated"`
	// Requirements are what the rules that hold ask for, without repeats. Never cut.
	Requirements []string `json:"requirements"`
	// Risk is the highest of the rules that hold: low, medium, high or critical. Nil if none names one.
	Risk *string `json:"risk"`
	// Message is safe to show to the model. Nil if there is none.
	Message *string `json:"message"`
	// Undecided lists rules that hold only because something could not be told.
	Undecided []Undecided `json:"undecided"`
	// Shadow lists rules that hold and are not enforced.
	Shadow []Shadow `json:"shadow"`
	// Default tells that no rule has this decision: it is the policy's default.
	Default bool `json:"default"`
	// Reason is "rule", "default", why the bytes are no request ("request/…"), or the code of the error that came along.
	Reason string `json:"reason"`
	// Offset is where the bytes are no request. Nil if they are one.
	Offset *int `json:"offset"`
	// Policy is the digest of the policy. Empty if there was none to ask.
	Policy string `json:"policy"`
}

// Allowed tells whether the call may run as it is.
func (d Decision) Allowed() bool {
	return d.Decision.Allowed()
}

// Undecided is a rule that holds only by doubt.
type Undecided struct {
	// Rule is its id.
	Rule string `json:"rule"`
	// Field is the JSON Pointer of a field in doubt.
	Field string `json:"field"`
}

// Shadow is a rule that holds and is not enforced.
type Shadow struct {
	// Rule is its id.
	Rule string `json:"rule"`
	// Decision is what it would decide.
	Decision Verdict `json:"decision"`
}

// denied is the decision that comes with an error.
func denied(policy string, err error) Decision {
	return Decision{
		Rules:        []string{},
		Requirements: []string{},
		Undecided:    []Undecided{},
		Shadow:       []Shadow{},
		Reason:       string(codeOf(err)),
		Policy:       policy,
	}
}
