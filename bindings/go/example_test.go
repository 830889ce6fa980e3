package toolgate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/toolgate/toolgate/bindings/go"
)

const transfers = `
rules:
  - id: small-transfer
    when: { action: transfer_money, input: { amount: [{ gt: 0, lte: 1000 }] } }
    decision: allow
  - id: large-transfer
    when: { action: transfer_money, input: { amount: [{ gt: 1000 }] } }
    decision: approval_required
    message: A person must approve transfers above 1000.
`

func ExampleCompile() {
	policy, err := toolgate.Compile([]byte(transfers))
	if err != nil {
		log.Fatal(err)
	}
	defer policy.Close()
	// An amount of null is not a small one.
	for _, amount := range []string{"250", "9000", "null"} {
		decision, err := policy.Decide(fmt.Appendf(nil, `{"action":"transfer_money","input":{"amount":%s}}`, amount))
		fmt.Println(amount, decision.Decision, decision.Rules, err)
	}
	// Output:
	// 250 allow [small-transfer] <nil>
	// 9000 approval_required [large-transfer] <nil>
	// null deny [] <nil>
}

func ExampleCompile_diagnostics() {
	_, err := toolgate.Compile([]byte("rules:\n  - id: all\n    when: { action: '*' }\n    decision: permit\n"))
	var problem *toolgate.Error
	if errors.As(err, &problem) {
		for _, diagnostic := range problem.Diagnostics {
			fmt.Println(diagnostic)
		}
	}
	// Output:
	// policy.yaml:4:15: error: `permit` is no decision [document/unknown-value]
}

func ExampleLoadExpecting() {
	// At build time.
	policy, err := toolgate.Compile([]byte(transfers))
	if err != nil {
		log.Fatal(err)
	}
	artifact, digest := policy.Artifact(), policy.Digest()
	policy.Close()

	// Where calls are decided: without the compiler, and only this policy.
	policy, err = toolgate.LoadExpecting(artifact, digest, toolgate.WithInstances(4))
	if err != nil {
		log.Fatal(err)
	}
	defer policy.Close()
	fmt.Println(policy.Fields())

	artifact[len(artifact)-1] ^= 1
	_, err = toolgate.LoadExpecting(artifact, digest)
	fmt.Println(errors.Is(err, toolgate.Code("load/digest")))
	// Output:
	// [/action/name /action/input/amount]
	// true
}

func ExamplePolicy_Decide() {
	policy, err := toolgate.Compile([]byte(transfers))
	if err != nil {
		log.Fatal(err)
	}
	defer policy.Close()
	// Decide the bytes as they came: a parser would have let all but one of these amounts go.
	decision, err := policy.Decide([]byte(`{"action":"transfer_money","input":{"amount":9000,"amount":1}}`))
	if err != nil {
		log.Fatal(err)
	}
	decision.Policy = "…"
	written, _ := json.Marshal(decision)
	fmt.Println(string(written))
	// Output:
	// {"decision":"deny","rules":[],"truncated":false,"requirements":[],"risk":null,"message":null,"undecided":[],"shadow":[],"default":false,"reason":"request/duplicate-key","offset":50,"policy":"…"}
}

func ExamplePolicy_ExplainText() {
	policy, err := toolgate.Compile([]byte(transfers))
	if err != nil {
		log.Fatal(err)
	}
	defer policy.Close()
	call := []byte(`{"action":"transfer_money","input":{"amount":9000}}`)
	// For people, never for the model.
	text, err := policy.ExplainText(call, toolgate.Rule("small-transfer"))
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(text) {
		if strings.Contains(line, "would hold") {
			fmt.Print(strings.TrimSpace(line))
		}
	}
	// Output:
	// = if `/action/input/amount` were `1000` (it is 9000), rule `small-transfer` would hold: allow
}

func ExamplePolicy_Verdict() {
	policy, err := toolgate.Compile([]byte(transfers))
	if err != nil {
		log.Fatal(err)
	}
	call := []byte(`{"action":"transfer_money","input":{"amount":250}}`)
	verdict, err := policy.Verdict(call)
	fmt.Println(verdict.Allowed(), err)

	policy.Close()
	verdict, err = policy.Verdict(call)
	fmt.Println(verdict.Allowed(), errors.Is(err, toolgate.CodeClosed))
	// Output:
	// true <nil>
	// false true
}
