/**
 * Toolgate decides, before an AI agent's tool call runs, whether it may.
 *
 * @module
 */

import { type Source, compile, explain, records } from "./compiler.js";
import type { Diagnostic } from "./diagnostic.js";
import { PolicyError } from "./error.js";
import { own } from "./options.js";
import { type LoadOptions, Policy, load } from "./policy.js";
import { Unwritable, serialize } from "./serialize.js";
import { bytesOf, encode } from "./text.js";

export type { Decision, Risk, Verdict } from "./decision.js";
export type { Diagnostic, Span } from "./diagnostic.js";
export { ExplainError, LoadError, PolicyError, RequestError, ToolgateError } from "./error.js";
export type { ExplainedRule, Explanation } from "./explanation.js";
export type { DecideOptions, ExplainOptions, Info, LoadOptions } from "./policy.js";
export { Policy } from "./policy.js";
export { version } from "./version.js";

/** A document of a policy: YAML or JSON text, its bytes, or an object of what the JSON would say. */
export type Document = string | Uint8Array | ArrayBuffer | object;

/** A document with the name that diagnostics give it. One that ends in `.json` is JSON and nothing else. */
export interface NamedDocument {
  readonly name: string;
  readonly text: Document;
}

export interface DefineOptions {
  /** Puts the documents into the artifact, so that it can explain wherever it is loaded. */
  readonly withSources?: boolean;
}

/** A policy that was compiled from documents. */
export class DefinedPolicy extends Policy {
  /** Warnings about the documents. */
  readonly diagnostics: readonly Diagnostic[];

  /** @internal */
  constructor(documents: Uint8Array, withSources: boolean) {
    const { artifact, diagnostics } = compile(documents, withSources);
    super(artifact, undefined, (request, options) => explain({ documents }, bytes(request), options));
    this.diagnostics = diagnostics;
  }
}

/** Compiles a policy from one document, or from several with names. Throws `PolicyError` with all that is wrong. */
export function definePolicy(documents: Document | readonly NamedDocument[], options?: DefineOptions): DefinedPolicy {
  const { withSources = false } = own(options, { withSources: ["boolean"] });
  const sources = Array.isArray(documents) ? documents.map(named) : [sourceOf(documents as Document)];
  if (sources.length === 0) throw new PolicyError("host/no-documents", "a policy is compiled from at least one document");
  return new DefinedPolicy(records(sources), withSources);
}

/** Loads a compiled policy; with a digest, only the policy of that digest. It explains if it carries its documents. */
export function loadPolicy(artifact: Uint8Array | ArrayBuffer, options?: LoadOptions): Policy {
  const policy: Policy = load(artifact, options, (request, asked) => explain({ artifact: policy.artifact }, bytes(request), asked));
  return policy;
}

function bytes(request: string | Uint8Array): Uint8Array {
  return typeof request === "string" ? encode(request) : request;
}

function named(document: unknown, index: number): Source {
  const { name, text } = (typeof document === "object" && document !== null ? document : {}) as Partial<NamedDocument>;
  if (typeof name !== "string") throw new PolicyError("host/type", `document ${index} has no name: pass \`{name, text}\``);
  return { ...sourceOf(text as Document), name };
}

function sourceOf(document: Document): Source {
  if (typeof document === "string") return { name: "policy.yaml", text: encode(document) };
  const text = bytesOf(document);
  if (text !== undefined) return { name: "policy.yaml", text };
  if (typeof document !== "object" || document === null) throw new PolicyError("host/type", "a document is text, bytes or an object");
  try {
    return { name: "policy.json", text: encode(serialize(document, DOCUMENT)) };
  } catch (error) {
    if (error instanceof Unwritable) throw new PolicyError(error.code, `in the policy ${error.message}`);
    throw error;
  }
}

/** Deeper and longer documents are refused by the compiler, which is shown where. */
const DOCUMENT = { depth: 512, length: 64 * 1024 * 1024 };
