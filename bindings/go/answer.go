package toolgate

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// errAnswer: the engine has written what is no decision.
var errAnswer = errors.New("what the engine has written is no decision")

// readDecision reads a decision as the engine writes it: these members in this order, without white space. Texts without
// an escape are parts of the one given, so that few things are allocated.
func readDecision(text string) (Decision, error) {
	a := answer{rest: text}
	var d Decision
	a.expect(`{"decision":`)
	d.Decision = a.verdict()
	a.expect(`,"rules":`)
	d.Rules = list(&a, (*answer).text)
	a.expect(`,"truncated":`)
	d.Truncated = a.bool()
	a.expect(`,"requirements":`)
	d.Requirements = list(&a, (*answer).text)
	a.expect(`,"risk":`)
	d.Risk = optional(&a, (*answer).text)
	a.expect(`,"message":`)
	d.Message = optional(&a, (*answer).text)
	a.expect(`,"undecided":`)
	d.Undecided = list(&a, (*answer).undecided)
	a.expect(`,"shadow":`)
	d.Shadow = list(&a, (*answer).shadow)
	a.expect(`,"default":`)
	d.Default = a.bool()
	a.expect(`,"reason":`)
	d.Reason = a.text()
	a.expect(`,"offset":`)
	d.Offset = optional(&a, (*answer).number)
	a.expect(`,"policy":`)
	d.Policy = a.text()
	a.expect(`}`)
	if a.failed || a.rest != "" {
		return Decision{}, errAnswer
	}
	return d, nil
}

// An answer is what is left to read. Once something is not as expected, nothing more is read.
type answer struct {
	rest   string
	failed bool
}

// skip goes past a token if it is next.
func (a *answer) skip(token string) bool {
	rest, found := strings.CutPrefix(a.rest, token)
	if found && !a.failed {
		a.rest = rest
	}
	return found && !a.failed
}

func (a *answer) expect(token string) {
	if !a.skip(token) {
		a.failed = true
	}
}

func (a *answer) bool() bool {
	if a.skip("true") {
		return true
	}
	a.expect("false")
	return false
}

func (a *answer) number() int {
	end := 0
	for end < len(a.rest) && '0' <= a.rest[end] && a.rest[end] <= '9' {
		end++
	}
	number, err := strconv.Atoi(a.rest[:end])
	if err != nil {
		a.failed = true
		return 0
	}
	a.rest = a.rest[end:]
	return number
}

func (a *answer) text() string {
	a.expect(`"`)
	end, escaped := 0, false
	for end < len(a.rest) && a.rest[end] != '"' {
		if a.rest[end] == '\\' {
			escaped = true
			end++
		}
		end++
	}
	if a.failed || end >= len(a.rest) {
		a.failed = true
		return ""
	}
	text := a.rest[:end]
	a.rest = a.rest[end+1:]
	if escaped {
		var unescaped string
		if json.Unmarshal([]byte(`"`+text+`"`), &unescaped) != nil {
			a.failed = true
		}
		return unescaped
	}
	return text
}

func (a *answer) verdict() Verdict {
	var verdict Verdict
	word := a.text()
	for number, known := range verdictWords {
		if word == known {
			return Verdict(number)
		}
	}
	a.failed = true
	return verdict
}

func (a *answer) undecided() Undecided {
	var undecided Undecided
	a.expect(`{"rule":`)
	undecided.Rule = a.text()
	a.expect(`,"field":`)
	undecided.Field = a.text()
	a.expect(`}`)
	return undecided
}

func (a *answer) shadow() Shadow {
	var shadow Shadow
	a.expect(`{"rule":`)
	shadow.Rule = a.text()
	a.expect(`,"decision":`)
	shadow.Decision = a.verdict()
	a.expect(`}`)
	return shadow
}

// list reads an array. It is never nil, so that it is an array in JSON again.
func list[T any](a *answer, read func(*answer) T) []T {
	a.expect(`[`)
	items := []T{}
	if a.skip(`]`) {
		return items
	}
	for !a.failed {
		items = append(items, read(a))
		if !a.skip(`,`) {
			break
		}
	}
	a.expect(`]`)
	return items
}

// optional reads null or what `read` reads.
func optional[T any](a *answer, read func(*answer) T) *T {
	if a.skip("null") {
		return nil
	}
	item := read(a)
	return &item
}
