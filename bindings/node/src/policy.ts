/// <reference lib="esnext.disposable" preserve="true" />

import { type Decision, VERDICTS, type Verdict, denied } from "./decision.js";
import { ExplainError, LoadError, RequestError, ToolgateError } from "./error.js";
import type { Explanation } from "./explanation.js";
import { Instance, REQUEST_BYTES_MAX, decode, parse } from "./instance.js";
import { own } from "./options.js";
import { Unwritable, serialize } from "./serialize.js";
import { bytesOf } from "./text.js";
import { runtime } from "./wasm/runtime.js";

/** How to decide. */
export interface DecideOptions {
  /** The clarification has been obtained: rules and a default that ask for it count as allow. */
  readonly clarified?: boolean;
}

/** What to explain. */
export interface ExplainOptions extends DecideOptions {
  /** This rule alone, in full. */
  readonly rule?: string;
}

export interface LoadOptions {
  /** Only the policy of this digest, `sha256:` and 64 hexadecimal digits, is loaded. */
  readonly digest?: string;
}

/** What is known of a policy. */
export interface Info {
  readonly policy: string;
  readonly artifact: string;
  readonly format: number;
  readonly rules: number;
  /** JSON Pointers of what the policy reads. */
  readonly fields: readonly string[];
  readonly artifact_bytes: number;
  /** What a decision costs at most. */
  readonly certificate: {
    readonly steps_scalar: number;
    readonly steps_fixed: number;
    readonly steps_per_byte: number;
    readonly scans_scalar: number;
    readonly scans: number;
  };
}

/** Answers for `explain`: of the documents, or of the artifact if that carries them. */
export type Explainer = (request: string | Uint8Array, options: ExplainOptions) => Explanation;

interface Exports {
  toolgate_policy_load(address: number, len: number, digest: number): number;
  toolgate_decide(policy: number, address: number, len: number, flags: number): number;
  toolgate_verdict(policy: number, address: number, len: number, flags: number): number;
  toolgate_info(policy: number): number;
}

/** An instance of the runtime, and the policy's handle in it. */
interface Engine {
  readonly instance: Instance<Exports>;
  readonly handle: number;
}

const CLARIFIED = 1;

/** Most depth of a request. */
const DEPTH_MAX = 64;

/** A policy that decides. It never changes; `close` gives its memory back. */
export class Policy {
  readonly #artifact: Uint8Array;
  readonly #explainer: Explainer | undefined;
  readonly #info: Info;
  #engine: Engine | undefined;
  #isClosed = false;

  /** @internal */
  constructor(artifact: Uint8Array, digest: Uint8Array | undefined, explainer?: Explainer) {
    // The caller may go on writing into its bytes.
    this.#artifact = artifact.slice();
    this.#explainer = explainer;
    const { instance, handle } = (this.#engine = start(this.#artifact, digest));
    if (instance.exports.toolgate_info(handle) !== 0) throw failed(LoadError, instance);
    this.#info = deepFreeze(parse(decode(instance.output())) as Info);
  }

  /** Decides a request, given as the JSON text of an object. Never throws for what the text is. */
  decideJson(request: string | Uint8Array | ArrayBuffer, options?: DecideOptions): Decision {
    const flags = flagsOf(options);
    return this.#decide(textOf(request), flags);
  }

  /** The decision's word alone, for less. */
  verdictJson(request: string | Uint8Array | ArrayBuffer, options?: DecideOptions): Verdict {
    const flags = flagsOf(options);
    return this.#verdict(textOf(request), flags);
  }

  /** Decides a request, given as an object. Throws `RequestError` for what JSON has no value for. */
  decide(request: object, options?: DecideOptions): Decision {
    const flags = flagsOf(options);
    return this.#decide(write(request), flags);
  }

  /** The decision's word alone, for less. */
  verdict(request: object, options?: DecideOptions): Verdict {
    const flags = flagsOf(options);
    return this.#verdict(write(request), flags);
  }

  /** Why a request is decided as it is. Never show it to a model: it tells what would get past the policy. */
  explain(request: object | string, options?: ExplainOptions): Explanation {
    const read = own(options, { clarified: ["boolean"], rule: ["string"] });
    const text = typeof request === "string" ? request : (bytesOf(request) ?? write(request));
    this.#open();
    if (this.#explainer === undefined) throw new ExplainError("host/no-compiler", "`toolgate/runtime` has no compiler to explain with; use `toolgate`");
    return this.#explainer(text, read);
  }

  get info(): Info {
    return this.#info;
  }

  /** The policy's identity, as decisions show it. */
  get digest(): string {
    return this.#info.policy;
  }

  /** A copy of the artifact, for `loadPolicy`, here or in another host. */
  get artifact(): Uint8Array {
    return this.#artifact.slice();
  }

  /** Gives the memory back. To decide then is an error. */
  close(): void {
    this.#isClosed = true;
    this.#engine = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #decide(request: string | Uint8Array, flags: number): Decision {
    return this.#ask(({ instance, handle }) => {
      const { address, len } = instance.put(request);
      const status = instance.exports.toolgate_decide(handle, address, len, flags);
      if (status < 0) return denied(instance.failure().code, this.digest);
      const decision = parse(decode(instance.output())) as Decision;
      // Both say the same unless something is broken.
      return decision.decision === VERDICTS[status] ? decision : denied("host/trap", this.digest);
    }, (reason) => denied(reason, this.digest));
  }

  #verdict(request: string | Uint8Array, flags: number): Verdict {
    return this.#ask(({ instance, handle }) => {
      const { address, len } = instance.put(request);
      return VERDICTS[instance.exports.toolgate_verdict(handle, address, len, flags)] ?? "deny";
    }, () => "deny");
  }

  /** Asks the engine; whatever it throws is a deny, and the end of its instance. */
  #ask<T>(ask: (engine: Engine) => T, deny: (reason: string) => T): T {
    this.#open();
    try {
      return ask((this.#engine ??= start(this.#artifact, undefined)));
    } catch (error) {
      this.#engine = undefined;
      return deny(error instanceof ToolgateError ? error.code : "host/trap");
    }
  }

  #open(): void {
    if (this.#isClosed) throw new ToolgateError("host/closed", "the policy is closed");
  }
}

/** Loads an artifact. Whoever can exchange it can exchange the policy: give the digest where that matters. */
export function load(artifact: Uint8Array | ArrayBuffer, options: LoadOptions | undefined, explainer?: Explainer): Policy {
  const { digest } = own(options, { digest: ["string"] });
  const bytes = bytesOf(artifact);
  if (bytes === undefined) throw new LoadError("host/type", "an artifact is a `Uint8Array` or an `ArrayBuffer`");
  return new Policy(bytes, digest === undefined ? undefined : parseDigest(digest), explainer);
}

function start(artifact: Uint8Array, digest: Uint8Array | undefined): Engine {
  const instance = new Instance<Exports>(runtime());
  const { exports } = instance;
  try {
    const at = digest === undefined ? 0 : instance.alloc(digest);
    const address = instance.alloc(artifact);
    const handle = exports.toolgate_policy_load(address, artifact.length, at);
    if (handle <= 0) throw failed(LoadError, instance);
    exports.toolgate_free(address);
    if (at !== 0) exports.toolgate_free(at);
    return { instance, handle };
  } catch (error) {
    if (error instanceof LoadError) throw error;
    if (error instanceof ToolgateError) throw new LoadError("load/memory", "there is not enough memory to load the artifact");
    throw new LoadError("host/trap", "the runtime has failed while it was loading the artifact", { cause: error });
  }
}

function failed(kind: typeof LoadError, instance: Instance<Exports>): LoadError {
  const { code, message } = instance.failure();
  return new kind(code, message);
}

function parseDigest(text: string): Uint8Array {
  const digits = /^sha256:([0-9a-f]{64})$/.exec(text)?.[1];
  if (digits === undefined) throw new LoadError("host/invalid-digest", "a digest is `sha256:` and 64 hexadecimal digits");
  return Uint8Array.from({ length: 32 }, (_, index) => Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16));
}

function flagsOf(options: DecideOptions | undefined): number {
  if (options === undefined) return 0;
  return own(options, { clarified: ["boolean"] }).clarified === true ? CLARIFIED : 0;
}

function textOf(request: unknown): string | Uint8Array {
  const text = typeof request === "string" ? request : bytesOf(request);
  if (text === undefined) throw new RequestError("host/type", "the text of a request is a string, a `Uint8Array` or an `ArrayBuffer`");
  return text;
}

function write(request: unknown): string {
  try {
    return serialize(request, { depth: DEPTH_MAX, length: REQUEST_BYTES_MAX });
  } catch (error) {
    if (error instanceof Unwritable) throw new RequestError(error.code, error.message, { cause: error.cause });
    throw error;
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
