/** What to do with a tool call. */
export type Verdict = "allow" | "approval_required" | "clarification_required" | "deny";

export type Risk = "low" | "medium" | "high" | "critical";

/** What is decided about one request. */
export interface Decision {
  readonly decision: Verdict;
  /** Ids of the rules of this decision that hold, at most 64. */
  readonly rules: readonly string[];
  /** Whether a list was cut. */
  readonly truncated: boolean;
  /** Obligations of all enforced rules that hold, or, of a deny, of what denies. Never cut. */
  readonly requirements: readonly string[];
  /** The highest risk among the same. */
  readonly risk: Risk | null;
  /** Safe to show to a model. */
  readonly message: string | null;
  /** Listed rules that hold only by doubt, and a field in doubt. */
  readonly undecided: readonly { readonly rule: string; readonly field: string }[];
  /** Rules that hold and are not enforced. */
  readonly shadow: readonly { readonly rule: string; readonly decision: Verdict }[];
  /** Whether the decision is the default's alone. */
  readonly default: boolean;
  /** `rule`, `default`, why the bytes are no request (`request/…`), or why there was no decision (`host/…`). */
  readonly reason: string;
  /** Where a refused request goes wrong, in bytes of its JSON. */
  readonly offset: number | null;
  /** The policy's digest. */
  readonly policy: string;
}

/** Verdicts by the numbers that the runtime gives them: a number that is missing is a deny. */
export const VERDICTS: readonly Verdict[] = ["deny", "clarification_required", "approval_required", "allow"];

/** A decision that no rule has made. */
export function denied(reason: string, policy: string): Decision {
  return {
    decision: "deny",
    rules: [],
    truncated: false,
    requirements: [],
    risk: null,
    message: null,
    undecided: [],
    shadow: [],
    default: false,
    reason,
    offset: null,
    policy,
  };
}
