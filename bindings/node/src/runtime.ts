/**
 * Toolgate without the compiler: loads compiled policies and decides.
 *
 * @module
 */

import { type LoadOptions, type Policy, load } from "./policy.js";

export type { Decision, Risk, Verdict } from "./decision.js";
export type { Diagnostic, Span } from "./diagnostic.js";
export { ExplainError, LoadError, PolicyError, RequestError, ToolgateError } from "./error.js";
export type { ExplainedRule, Explanation } from "./explanation.js";
export type { DecideOptions, ExplainOptions, Info, LoadOptions } from "./policy.js";
export { Policy } from "./policy.js";
export { version } from "./version.js";

/** Loads a compiled policy; with a digest, only the policy of that digest. */
export function loadPolicy(artifact: Uint8Array | ArrayBuffer, options?: LoadOptions): Policy {
  return load(artifact, options);
}
