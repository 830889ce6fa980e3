package toolgate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

const payText = `
rules:
  - id: small
    when: { action: pay, input: { amount: [{ gt: 0, lte: 1000 }] } }
    decision: allow
    requirements: [log]
  - id: large
    when: { action: pay, input: { amount: [{ gt: 1000 }] } }
    decision: approval_required
    risk: high
    message: Ask <someone> & "wait".
  - id: why
    when: { action: pay, input: { unclear: true } }
    decision: clarification_required
  - id: later
    when: { action: pay, input: { amount: [{ gt: 500 }] } }
    decision: deny
    mode: shadow
`

func pay(amount string) []byte {
	return fmt.Appendf(nil, `{"action":"pay","input":{"amount":%s,"unclear":false}}`, amount)
}

// compiled makes a policy that is closed with the test.
func compiled(t testing.TB, text string, options ...CompileOption) *Policy {
	t.Helper()
	policy, err := Compile([]byte(text), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { policy.Close() })
	return policy
}

// mustDeny asserts that an error of this code came, and with it a denial in every form.
func mustDeny(t *testing.T, policy *Policy, request []byte, code Code) {
	t.Helper()
	decision, err := policy.Decide(request)
	if !errors.Is(err, code) || decision.Allowed() || decision.Decision != Deny || decision.Reason != string(code) {
		t.Errorf("decided %+v with the error %v instead of %s", decision, err, code)
	}
	if verdict, err := policy.Verdict(request); !errors.Is(err, code) || verdict.Allowed() || verdict != Deny {
		t.Errorf("the verdict is %v with the error %v instead of %s", verdict, err, code)
	}
}

func TestADecisionHasAllItsFields(t *testing.T) {
	policy := compiled(t, payText)
	decision, err := policy.Decide(pay("1500"))
	if err != nil {
		t.Fatal(err)
	}
	risk, message := "high", `Ask <someone> & "wait".`
	expected := Decision{
		Decision:     ApprovalRequired,
		Rules:        []string{"large"},
		Requirements: []string{},
		Risk:         &risk,
		Message:      &message,
		Undecided:    []Undecided{},
		Shadow:       []Shadow{{Rule: "later", Decision: Deny}},
		Reason:       "rule",
		Policy:       policy.Digest(),
	}
	if !reflect.DeepEqual(decision, expected) {
		t.Errorf("decided %+v", decision)
	}
	doubted, err := policy.Decide([]byte(`{"action":"pay","input":{"amount":5}}`))
	if err != nil || doubted.Decision != ClarificationRequired || !reflect.DeepEqual(doubted.Undecided, []Undecided{{"why", "/action/input/unclear"}}) {
		t.Errorf("decided %+v, %v", doubted, err)
	}
	refused, err := policy.Decide([]byte(`{"action":"pay","action":"pay"}`))
	if err != nil || refused.Allowed() || refused.Reason != "request/duplicate-key" || refused.Offset == nil || *refused.Offset != 16 {
		t.Errorf("decided %+v, %v", refused, err)
	}
	for _, one := range []Decision{decision, doubted, refused} {
		var back Decision
		text, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(one, back) {
			t.Errorf("%s was read as %+v, %v", text, back, err)
		}
	}
}

func TestAClarificationCountsOnce(t *testing.T) {
	policy := compiled(t, payText)
	request := []byte(`{"action":"pay","input":{"amount":5,"unclear":true}}`)
	for _, expected := range []struct {
		verdict Verdict
		options []DecideOption
	}{{ClarificationRequired, nil}, {Allow, []DecideOption{Clarified()}}, {ClarificationRequired, nil}} {
		decision, err := policy.Decide(request, expected.options...)
		verdict, also := policy.Verdict(request, expected.options...)
		if err != nil || also != nil || decision.Decision != expected.verdict || verdict != expected.verdict {
			t.Errorf("decided %v and %v, not %v", decision.Decision, verdict, expected.verdict)
		}
	}
}

func TestNothingThatIsZeroAllows(t *testing.T) {
	var decision Decision
	var verdict Verdict
	if decision.Allowed() || verdict.Allowed() || decision.Decision != Deny || decision.Decision.String() != "deny" {
		t.Error("zero is no denial")
	}
	if beyond := Allow + 1; beyond.Allowed() || beyond.String() != "deny" {
		t.Errorf("%v is no denial", beyond)
	}
	for _, text := range []string{`{}`, `{"decision":"deny"}`} {
		if err := json.Unmarshal([]byte(text), &decision); err != nil || decision.Allowed() {
			t.Errorf("%s allows, %v", text, err)
		}
	}
	for _, text := range []string{`{"decision":"Allow"}`, `{"decision":""}`, `{"decision":3}`, `{"decision":true}`} {
		decision = Decision{Decision: Allow}
		if err := json.Unmarshal([]byte(text), &decision); err == nil {
			t.Errorf("%s was read as %+v", text, decision)
		}
	}
}

func TestRequestsThatAreNone(t *testing.T) {
	policy := compiled(t, "rules: [{id: all, when: {action: '*'}, decision: allow}]")
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	filled := func(total int) string {
		const head, tail = `{"action":"x","input":{"s":"`, `"}}`
		return head + strings.Repeat("a", total-len(head)-len(tail)) + tail
	}
	for name, one := range map[string]struct {
		request string
		reason  string
		offset  int
	}{
		"empty":               {"", "request/invalid-json", 0},
		"no object":           {"[]", "request/not-an-object", 0},
		"not a number":        {`{"action":"x","input":{"a":NaN}}`, "request/invalid-json", 27},
		"infinite":            {`{"action":"x","input":{"a":-Infinity}}`, "request/invalid-json", 28},
		"lone surrogate":      {`{"action":"x\ud800"}`, "request/lone-surrogate", 12},
		"no UTF-8":            {"{\"action\":\"x\xff\"}", "request/invalid-utf8", 12},
		"a NUL in the action": {"{\"action\":\"x\\u0000y\"}", "request/action", 10},
		"NUL":                 {"{\"action\":\"x\"}\x00", "request/trailing-data", 14},
		"two keys":            {`{"action":"x","\u0061ction":"y"}`, "request/duplicate-key", 14},
		"deep":                {`{"action":"x","input":{"a":` + deep + `}}`, "request/too-deep", 89},
		"a byte too many":     {filled(1<<20 + 1), "request/too-large", 1 << 20},
		"100 MiB":             {filled(100 << 20), "request/too-large", 1 << 20},
		"100 MiB of nothing":  {strings.Repeat("\x00", 100<<20), "request/too-large", 1 << 20},
	} {
		decision, err := policy.Decide([]byte(one.request))
		if err != nil || decision.Allowed() || decision.Reason != one.reason || decision.Offset == nil || *decision.Offset != one.offset {
			t.Errorf("%s: decided %+v, %v", name, decision, err)
		}
		if verdict, err := policy.Verdict([]byte(one.request)); err != nil || verdict != Deny {
			t.Errorf("%s: the verdict is %v, %v", name, verdict, err)
		}
	}
	if decision, err := policy.Decide(nil); err != nil || decision.Reason != "request/invalid-json" {
		t.Errorf("nil: decided %+v, %v", decision, err)
	}
	digits := `{"action":"x","input":{"a":1` + strings.Repeat("0", 400) + `}}`
	for _, request := range []string{digits, filled(1 << 20), `{"action":"x"}`} {
		if verdict, err := policy.Verdict([]byte(request)); err != nil || verdict != Allow {
			t.Errorf("%.40s: the verdict is %v, %v", request, verdict, err)
		}
	}
}

func TestANumberThatIsTooLongIsUnknown(t *testing.T) {
	policy := compiled(t, "rules: [{id: all, when: {action: '*'}, decision: allow}, {id: large, when: {input: {amount: [{gt: 5}]}}, decision: deny}]")
	decision, err := policy.Decide(pay("-1" + strings.Repeat("0", 400)))
	if err != nil || decision.Allowed() || !reflect.DeepEqual(decision.Undecided, []Undecided{{"large", "/action/input/amount"}}) {
		t.Errorf("decided %+v, %v", decision, err)
	}
}

func TestExplanations(t *testing.T) {
	policy := compiled(t, payText)
	request := []byte(`{"action":"pay","input":{"amount":1001,"unclear":true}}`)
	told, err := policy.Explain(request)
	var explanation struct {
		Notice   string
		Decision Decision
		Rules    []struct{ Rule, Role string }
	}
	if err != nil || json.Unmarshal(told, &explanation) != nil || !strings.Contains(explanation.Notice, "not safe to show to a model") {
		t.Fatalf("%s, %v", told, err)
	}
	decision, err := policy.Decide(request)
	if err != nil || !reflect.DeepEqual(explanation.Decision, decision) {
		t.Errorf("%+v is explained, and decided is %+v, %v", explanation.Decision, decision, err)
	}
	if len(explanation.Rules) == 0 || explanation.Rules[0].Rule != "why" || explanation.Rules[0].Role != "decides" {
		t.Errorf("the rules are %+v", explanation.Rules)
	}
	text, err := policy.ExplainText(request, Rule("small"), Clarified())
	if err != nil || !strings.Contains(text, "decision: approval_required") || !strings.Contains(text, "rule `small` (allow) does not hold") || strings.Contains(text, "rule `why` (") {
		t.Errorf("%s, %v", text, err)
	}
	refused, err := policy.Explain(bytes.Repeat([]byte{' '}, 100<<20))
	if err != nil || !strings.Contains(string(refused), `"reason":"request/too-large"`) {
		t.Errorf("%.1000s, %v", refused, err)
	}
	for _, rule := range []string{"", "smal", "\xff", `sm"all\`} {
		if told, err := policy.Explain(request, Rule(rule)); told != nil || !errors.Is(err, CodeUnknownRule) {
			t.Errorf("%q: %s, %v", rule, told, err)
		}
	}
	policy.Close()
	if told, err := policy.ExplainText(request); told != "" || !errors.Is(err, CodeClosed) {
		t.Errorf("%s, %v", told, err)
	}
}

func TestAnArtifactExplainsIfItCarriesItsDocuments(t *testing.T) {
	text := []byte(payText)
	documents := []Document{{"a.yaml", text}, {"b.json", []byte(`{"rules":[{"id":"b","when":{"action":"b"},"decision":"deny"}]}`)}}
	carrying, err := CompileDocuments(documents, WithSources(), WithInstances(1))
	if err != nil {
		t.Fatal(err)
	}
	defer carrying.Close()
	told, err := carrying.Explain(pay("5"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := CompileDocuments(documents)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if carrying.Digest() != plain.Digest() || len(carrying.Artifact()) <= len(plain.Artifact()) || !bytes.Contains(carrying.Artifact(), text) {
		t.Error("the documents are not in the artifact, or in the digest")
	}
	// What was given may be used for something else.
	clear(text)
	for _, policy := range []*Policy{carrying, plain} {
		if again, err := policy.Explain(pay("5")); err != nil || !bytes.Equal(again, told) {
			t.Errorf("%s, %v", again, err)
		}
	}
	loaded, err := Load(carrying.Artifact())
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if again, err := loaded.Explain(pay("5")); err != nil || !bytes.Equal(again, told) {
		t.Errorf("%s, %v", again, err)
	}
	without, err := Load(plain.Artifact())
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close()
	if told, err := without.Explain(pay("5")); told != nil || !errors.Is(err, CodeNoSources) {
		t.Errorf("%s, %v", told, err)
	}
}

func TestNoPolicy(t *testing.T) {
	for _, policy := range []*Policy{nil, {}} {
		mustDeny(t, policy, pay("5"), CodeNull)
		if told, err := policy.Explain(pay("5")); told != nil || !errors.Is(err, CodeNull) {
			t.Errorf("%s, %v", told, err)
		}
		if err := policy.Close(); err != nil {
			t.Error(err)
		}
		if policy.Digest() != "" || policy.Artifact() != nil || policy.Fields() != nil || policy.Diagnostics() != nil || policy.Memory() != (Memory{}) {
			t.Error("no policy has something to tell")
		}
	}
}

func TestDocumentsThatMakeNoPolicy(t *testing.T) {
	policy, err := CompileDocuments([]Document{
		{Name: "a.yaml", Text: []byte("rules:\n  - id: one\n    when: { action: x }\n    decision: permit\n")},
		{Name: "b.json", Text: []byte(`{"rules": [], "rules": []}`)},
	})
	var known *Error
	if policy != nil || !errors.As(err, &known) || len(known.Diagnostics) < 2 {
		t.Fatalf("%v, %v", policy, err)
	}
	if !errors.Is(err, known.Code) || !errors.Is(err, Code("document/duplicate-key")) || errors.Is(err, CodeClosed) {
		t.Errorf("the codes of %v", err)
	}
	for _, expected := range []string{"a.yaml:4:15: error: ", "b.json:1:", "permit", string(known.Code)} {
		if !strings.Contains(err.Error(), expected) {
			t.Errorf("nothing of %q in %v", expected, err)
		}
	}
	for code, documents := range map[Code][]Document{
		CodeNoDocuments:         nil,
		CodeInvalidUTF8:         {{Name: "\xff", Text: []byte("rules: []")}},
		"document/empty":        {{Name: "a.yaml"}},
		"document/duplicate-id": {{"a.yaml", []byte(payText)}, {"b.yaml", []byte(payText)}},
	} {
		if policy, err := CompileDocuments(documents); policy != nil || !errors.Is(err, code) {
			t.Errorf("%v instead of %s", err, code)
		}
	}
}

func TestWarningsStayWithThePolicy(t *testing.T) {
	policy := compiled(t, "default: { decision: allow }\nrules: []\n")
	found := policy.Diagnostics()
	if len(found) == 0 || found[0].Severity != SeverityWarning || found[0].File != "policy.yaml" || found[0].Span.Line == 0 {
		t.Errorf("found %v", found)
	}
	found[0].Code = "changed"
	if policy.Diagnostics()[0].Code == "changed" {
		t.Error("what a policy tells can be changed")
	}
}

func TestAnArtifactIsTheSamePolicy(t *testing.T) {
	policy := compiled(t, payText)
	artifact := policy.Artifact()
	loaded, err := LoadExpecting(artifact, policy.Digest())
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	// What was given may be used for something else.
	clear(artifact)
	if !bytes.Equal(loaded.Artifact(), policy.Artifact()) || !reflect.DeepEqual(loaded.Info(), policy.Info()) {
		t.Errorf("loaded %+v", loaded.Info())
	}
	info := loaded.Info()
	fields := []string{"/action/name", "/action/input/amount", "/action/input/unclear"}
	if info.Policy != loaded.Digest() || info.Rules != 4 || info.ArtifactBytes != int64(len(artifact)) || info.Certificate.StepsFixed == 0 {
		t.Errorf("told %+v", info)
	}
	if found := loaded.Fields(); !reflect.DeepEqual(found, fields) {
		t.Errorf("the fields are %v", found)
	}
	for _, amount := range []string{"5", "5000", "null"} {
		decided, err := loaded.Decide(pay(amount))
		expected, also := policy.Decide(pay(amount))
		if err != nil || also != nil || !reflect.DeepEqual(decided, expected) {
			t.Errorf("%+v is not %+v", decided, expected)
		}
	}
}

func TestInfoIsWhatTheEngineTells(t *testing.T) {
	policy := compiled(t, payText)
	instance, err := policy.acquire()
	if err != nil {
		t.Fatal(err)
	}
	defer policy.release(instance)
	output, err := instance.info()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(policy.Info()); err != nil || string(text) != string(output) {
		t.Errorf("%s is not %s, %v", text, output, err)
	}
}

func TestBytesThatAreNoArtifact(t *testing.T) {
	policy := compiled(t, payText)
	artifact := policy.Artifact()
	other := compiled(t, "rules: [{id: other, when: {action: x}, decision: allow}]")
	changed := func(at int, to byte) []byte {
		changed := bytes.Clone(artifact)
		changed[at] ^= to
		return changed
	}
	for name, one := range map[string]struct {
		artifact []byte
		code     Code
	}{
		"nil":             {nil, "load/magic"},
		"a text":          {[]byte(payText), "load/magic"},
		"another version": {changed(8, 0xff), "load/version"},
		"cut":             {artifact[:len(artifact)-1], "load/truncated"},
		"longer":          {append(bytes.Clone(artifact), 0), "load/truncated"},
		"a bit":           {changed(len(artifact)-1, 1), "load/digest"},
		"too much":        {make([]byte, 100<<20), CodeMemory},
	} {
		if policy, err := Load(one.artifact); policy != nil || !errors.Is(err, one.code) {
			t.Errorf("%s: %v instead of %s", name, err, one.code)
		}
	}
	// At an odd place in Go's memory.
	if loaded, err := Load(append([]byte{0}, artifact...)[1:]); err != nil {
		t.Error(err)
	} else {
		loaded.Close()
	}
	digest := policy.Digest()
	for digest, code := range map[string]Code{
		other.Digest():                          "load/other-policy",
		"":                                      CodeInvalidDigest,
		digest[7:]:                              CodeInvalidDigest,
		digest[:70]:                             CodeInvalidDigest,
		digest + "0":                            CodeInvalidDigest,
		strings.ToUpper(digest):                 CodeInvalidDigest,
		"sha256:" + strings.ToUpper(digest[7:]): CodeInvalidDigest,
		digest + "\x00":                         CodeInvalidDigest,
	} {
		if policy, err := LoadExpecting(artifact, digest); policy != nil || !errors.Is(err, code) {
			t.Errorf("%q: %v instead of %s", digest, err, code)
		}
	}
}

func TestTheGoldenArtifact(t *testing.T) {
	var golden struct {
		Load, Policy string
		Format       int
		Cases        []struct {
			Request  string
			Decision Verdict
		}
	}
	readJSON(t, vectorsDirectory+"/artifact/format-1.json", &golden)
	artifact, err := os.ReadFile(vectorsDirectory + "/artifact/format-1.bin")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := LoadExpecting(artifact, golden.Policy)
	if err != nil {
		t.Fatal(err)
	}
	defer policy.Close()
	if golden.Load != "ok" || policy.Info().Format != golden.Format || len(golden.Cases) == 0 {
		t.Errorf("told %+v", policy.Info())
	}
	for _, one := range golden.Cases {
		if verdict, err := policy.Verdict([]byte(one.Request)); err != nil || verdict != one.Decision {
			t.Errorf("%s: %v, %v", one.Request, verdict, err)
		}
	}
	text, err := os.ReadFile(vectorsDirectory + "/artifact/format-1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// On every platform the same bytes.
	if again := compiled(t, string(text)); !bytes.Equal(again.Artifact(), artifact) {
		t.Error("the golden policy is compiled to other bytes")
	}
}

func TestNothingIsAllocatedForAVerdict(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		// wazero's interpreter does.
		return
	}
	policy := compiled(t, payText)
	request := pay("1500")
	options := []DecideOption{Clarified()}
	if count := testing.AllocsPerRun(1000, func() { policy.Verdict(request, options...) }); count != 0 {
		t.Errorf("a verdict allocates %v times", count)
	}
	// All texts together, where they are read, and two lists.
	request = pay("5")
	if count := testing.AllocsPerRun(1000, func() { policy.Decide(request) }); count > 4 {
		t.Errorf("a decision allocates %v times", count)
	}
}

func TestAMillionDecisionsLeaveNothingBehind(t *testing.T) {
	policy := compiled(t, payText, WithInstances(1))
	requests := [][]byte{
		pay("5"), pay("1500"), pay(`"x"`), pay("null"), []byte(`{"action":`), []byte(`{"action":"\ud800"}`),
		bytes.Repeat([]byte{' '}, requestBytesMax+1),
		append(pay("7"), bytes.Repeat([]byte{' '}, 100_000)...),
	}
	decide := func(count int) {
		for index := range count {
			request := requests[index%4]
			if index%1000 == 0 {
				// Large ones now and then.
				request = requests[4+index/1000%4]
			}
			var err error
			if index%2 == 0 {
				_, err = policy.Decide(request)
			} else {
				_, err = policy.Verdict(request)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	objects := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapObjects
	}
	decide(10_000)
	held, before := policy.Memory(), objects()
	decide(1_000_000)
	if now := policy.Memory(); now != held || now.Instances != 1 || now.Bytes == 0 {
		t.Errorf("instances held %+v and hold %+v", held, now)
	}
	// One object kept by one in a thousand decisions would show.
	if after := objects(); after > before+500 {
		t.Errorf("there were %d objects and are %d", before, after)
	}
}
