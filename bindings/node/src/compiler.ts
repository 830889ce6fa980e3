import type { Diagnostic } from "./diagnostic.js";
import { ExplainError, PolicyError } from "./error.js";
import type { Explanation } from "./explanation.js";
import { Instance, decode, parse } from "./instance.js";
import type { ExplainOptions } from "./policy.js";
import { concat, encode } from "./text.js";
import { compiler } from "./wasm/compiler.js";

/** A named text. */
export interface Source {
  readonly name: string;
  readonly text: Uint8Array;
}

interface Exports {
  toolgate_compile(address: number, len: number): number;
  toolgate_compile_with_sources(address: number, len: number): number;
  toolgate_diagnostics(): number;
  toolgate_diagnostics_len(): number;
  toolgate_explain_documents(...numbers: readonly number[]): number;
  toolgate_explain_artifact(...numbers: readonly number[]): number;
}

const CLARIFIED = 1;
const AS_TEXT = 2;

/** What is kept between compiles. One that has grown larger is not: memory never shrinks. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024;

let kept: Instance<Exports> | undefined;

/** Runs something in an instance of the compiler. */
function using<T>(run: (instance: Instance<Exports>) => T): T {
  const instance = kept ?? new Instance<Exports>(compiler());
  // After an exception its state is not known.
  kept = undefined;
  const result = run(instance);
  if (instance.memory.length <= KEPT_BYTES_MAX) kept = instance;
  return result;
}

/** Documents as the compiler takes them. */
export function records(sources: readonly Source[]): Uint8Array {
  const parts = sources.flatMap(({ name, text }) => [encode(name), text]).flatMap((bytes) => [word(bytes.length), bytes]);
  return concat(parts, parts.reduce((len, part) => len + part.length, 0));
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** Compiles documents into an artifact, with whatever is to be said about them. */
export function compile(documents: Uint8Array, withSources: boolean): { artifact: Uint8Array; diagnostics: readonly Diagnostic[] } {
  try {
    return using((instance) => {
      const { exports } = instance;
      const address = instance.alloc(documents);
      const status = withSources ? exports.toolgate_compile_with_sources(address, documents.length) : exports.toolgate_compile(address, documents.length);
      exports.toolgate_free(address);
      const at = exports.toolgate_diagnostics() >>> 0;
      const told = decode(instance.memory.subarray(at, at + exports.toolgate_diagnostics_len()));
      const diagnostics = told === "" ? [] : (parse(told) as Diagnostic[]);
      if (status === 0) return { artifact: instance.output().slice(), diagnostics };
      const { code, message } = instance.failure();
      if (code !== "host/policy") throw new PolicyError(code, message);
      const errors = diagnostics.filter(({ severity }) => severity === "error");
      throw new PolicyError(errors[0]?.code ?? code, errors.map(line).join("\n"), diagnostics);
    });
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    throw new PolicyError("host/memory", "the compiler has failed: the documents need more memory than it may have", []);
  }
}

function line({ file, span, code, message, help }: Diagnostic): string {
  return `${file}:${span.line}:${span.column}: error[${code}]: ${message}${help === undefined ? "" : ` (${help})`}`;
}

/** Explains by documents, or by an artifact that carries them. */
export function explain(by: { documents: Uint8Array } | { artifact: Uint8Array }, request: Uint8Array, options: ExplainOptions): Explanation {
  const ask = (flags: number): string => {
    try {
      return using((instance) => {
        const { exports } = instance;
        const buffers = ["documents" in by ? by.documents : by.artifact, request, encode(options.rule ?? "")];
        const places = buffers.map((bytes) => [instance.alloc(bytes), bytes.length] as const);
        const asked = [...places.flat(), flags | (options.clarified === true ? CLARIFIED : 0)];
        const status = "documents" in by ? exports.toolgate_explain_documents(...asked) : exports.toolgate_explain_artifact(...asked);
        const said = decode(instance.output());
        places.forEach(([address]) => exports.toolgate_free(address));
        if (status === 0) return said;
        const { code, message } = parse(said) as { code: string; message: string };
        throw new ExplainError(code, message);
      });
    } catch (error) {
      if (error instanceof ExplainError) throw error;
      throw new ExplainError("host/memory", "the compiler has failed: the policy needs more memory than it may have");
    }
  };
  const explanation = parse(ask(0)) as object;
  let text: string | undefined;
  Object.defineProperty(explanation, "text", { get: () => (text ??= ask(AS_TEXT)), enumerable: false });
  return explanation as Explanation;
}
