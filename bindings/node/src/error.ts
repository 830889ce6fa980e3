import type { Diagnostic } from "./diagnostic.js";

/** Whatever this package throws. An exception is no permission: treat it as a deny. */
export class ToolgateError extends Error {
  /** Stable, and the same in every host that has it. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The documents make no policy. */
export class PolicyError extends ToolgateError {
  /** Everything that is wrong with them, warnings included. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(code: string, message: string, diagnostics: readonly Diagnostic[] = []) {
    super(code, message);
    this.diagnostics = diagnostics;
  }
}

/** The bytes are no artifact, or not of the policy that was expected. */
export class LoadError extends ToolgateError {}

/** The request holds what JSON has no value for. */
export class RequestError extends ToolgateError {}

/** There is nothing to explain with, or no such rule. */
export class ExplainError extends ToolgateError {}
