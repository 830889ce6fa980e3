package toolgate

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"
)

// An ExplainOption is for one explanation. [Clarified] is one too.
type ExplainOption interface {
	explain(*question)
}

// A question is what to explain, beside the request.
type question struct {
	flags uint32
	// rule is the id of the one rule to explain. Nil for those that matter.
	rule *string
}

// Rule explains this rule alone, in full, however far from holding it is.
func Rule(id string) ExplainOption {
	return ruleOption(id)
}

type ruleOption string

func (o ruleOption) explain(q *question) {
	id := string(o)
	q.rule = &id
}

func (o DecideOption) explain(q *question) {
	q.flags |= o.flags
}

// flagText asks for several lines for people instead of JSON.
const flagText = 2

// Explain tells why a request is decided as it is: the rules that hold, those that came near, each condition with the value
// it saw, and what would change it. docs/explain.md describes the JSON.
//
// Never show it to a model: it tells what the policy says and what would get past it.
//
// It takes about as long as compiling the policy. A policy that was loaded needs an artifact that was compiled [WithSources].
func (p *Policy) Explain(request []byte, options ...ExplainOption) (json.RawMessage, error) {
	return p.explain(request, 0, options)
}

// ExplainText tells what [Policy.Explain] does in several lines for people.
func (p *Policy) ExplainText(request []byte, options ...ExplainOption) (string, error) {
	text, err := p.explain(request, flagText, options)
	return string(text), err
}

func (p *Policy) explain(request []byte, flags uint32, options []ExplainOption) ([]byte, error) {
	if p == nil || p.pool == nil {
		return nil, noPolicy()
	}
	if p.pool.isClosed() {
		return nil, closed()
	}
	asked := question{flags: flags}
	for _, option := range options {
		option.explain(&asked)
	}
	var rule []byte
	if asked.rule != nil {
		rule = []byte(*asked.rule)
		// No rule has such an id, and the compiler takes none for all.
		if len(rule) == 0 || !utf8.Valid(rule) {
			return nil, failure(CodeUnknownRule, "the policy has no rule %q", rule)
		}
	}
	from, export := [][]byte{p.pool.artifact}, "toolgate_explain_artifact"
	if len(p.documents) > 0 {
		from, export = recordsOf(p.documents), "toolgate_explain_documents"
	}
	var text []byte
	err := withCompiler(func(c *caller) error {
		var explain api.Function
		if err := c.exports(map[string]*api.Function{export: &explain}); err != nil {
			return err
		}
		var arguments []uint64
		for _, parts := range [][][]byte{from, {request[:min(len(request), requestBytesMax+1)]}, {rule}} {
			address, length, err := c.put(parts...)
			if err != nil {
				return err
			}
			arguments = append(arguments, uint64(address), uint64(length))
		}
		if _, err := c.status(explain, append(arguments, uint64(asked.flags))...); err != nil {
			return err
		}
		output, err := c.output()
		text = append(text, output...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return text, nil
}
