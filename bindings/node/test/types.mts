// What users of the package write must be what its types allow, and nothing looser.

import { type Decision, type Diagnostic, type Info, PolicyError, type Verdict, definePolicy, loadPolicy } from "toolgate";
import { loadPolicy as loadOnly } from "toolgate/runtime";

const policy = definePolicy({ rules: [] }, { withSources: true });
const warnings: readonly Diagnostic[] = policy.diagnostics;
const decision: Decision = policy.decide({ action: "pay" }, { clarified: true });
const verdict: Verdict = policy.verdictJson(new Uint8Array());
const info: Info = loadPolicy(policy.artifact, { digest: policy.digest }).info;
const steps: number = info.certificate.steps_scalar;
const text: string = policy.explain("{}", { rule: "a" }).text;
const loaded = loadOnly(policy.artifact);
loaded[Symbol.dispose]();
switch (decision.decision) {
  case "allow":
  case "approval_required":
  case "clarification_required":
  case "deny":
    break;
  default:
    decision.decision satisfies never;
}
try {
  definePolicy([{ name: "a.yaml", text: "" }]);
} catch (error) {
  if (error instanceof PolicyError) error.diagnostics.map(({ code, span, help }) => [code, span.line, help ?? ""]);
}

// @ts-expect-error a decision is no string
const wrong: string = decision;
// @ts-expect-error a request is an object
policy.decide("{}");
// @ts-expect-error text is no object
policy.decideJson({ action: "pay" });
// @ts-expect-error there is no such option
policy.decide({}, { clarifed: true });
// @ts-expect-error decisions are not changed
decision.decision = "allow";

export { info, loaded, steps, text, verdict, warnings, wrong };
