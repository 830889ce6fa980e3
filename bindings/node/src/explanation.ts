import type { Decision } from "./decision.js";

/** Why a request is decided as it is. Never show it to a model: it tells what would get past the policy. */
export interface Explanation {
  readonly notice: string;
  readonly decision: Decision;
  /** A sentence each. */
  readonly because: readonly string[];
  /** If what was sent is no request. */
  readonly refused: object | null;
  /** Those that hold, then those that came near. `docs/explain.md` says what is in them. */
  readonly rules: readonly ExplainedRule[];
  readonly holding_cut: number;
  readonly near_cut: number;
  /** The same for people. No part of the JSON. */
  readonly text: string;
}

/** One rule and the request. */
export interface ExplainedRule {
  readonly rule: string;
  readonly file: string | null;
  readonly line: number;
  readonly decision: string;
  readonly role: "decides" | "weaker" | "shadow" | "fails";
  readonly value: "true" | "false" | "unknown";
  readonly failing: number;
  readonly conditions_count: number;
  readonly conditions: readonly object[];
  readonly near_misses: readonly { readonly field: string; readonly would_be: string; readonly decision: string }[];
  readonly suggestions: readonly string[];
}
