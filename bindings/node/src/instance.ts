import { encode, utf8 } from "./text.js";
import { ToolgateError } from "./error.js";

/** Most bytes of a request. */
export const REQUEST_BYTES_MAX = 1_048_576;

interface Exports {
  readonly memory: WebAssembly.Memory;
  toolgate_alloc(len: number): number;
  toolgate_free(address: number): number;
  toolgate_output(): number;
  toolgate_output_len(): number;
  toolgate_version(): number;
}

/** An instance of a module. It is lost with the first exception out of a call: then its state is not known. */
export class Instance<E> {
  readonly exports: E & Exports;
  /** The buffer for requests, which only grows. */
  #address = 0;
  #capacity = 0;
  #view: Uint8Array;

  constructor(module: WebAssembly.Module) {
    this.exports = new WebAssembly.Instance(module).exports as unknown as E & Exports;
    this.#view = new Uint8Array(this.exports.memory.buffer);
  }

  /** All memory. It moves when it grows. */
  get memory(): Uint8Array {
    if (this.#view.buffer !== this.exports.memory.buffer) this.#view = new Uint8Array(this.exports.memory.buffer);
    return this.#view;
  }

  /** A new buffer with these bytes. */
  alloc(bytes: Uint8Array): number {
    const address = this.exports.toolgate_alloc(bytes.length) >>> 0;
    if (address === 0) throw new ToolgateError("host/memory", "the module's memory cannot grow any more");
    this.memory.set(bytes, address);
    return address;
  }

  /** Puts a request into the buffer for requests. Of one that is too large anything as large does. */
  put(request: string | Uint8Array): { address: number; len: number } {
    const most = REQUEST_BYTES_MAX + 1;
    if (typeof request !== "string") {
      const len = Math.min(request.length, most);
      this.#reserve(len);
      this.memory.set(len === request.length ? request : request.subarray(0, len), this.#address);
      return { address: this.#address, len };
    }
    if (!request.isWellFormed()) return this.put(encode(request));
    this.#reserve(Math.min(3 * request.length, most));
    const { read, written } = utf8.encodeInto(request, this.memory.subarray(this.#address, this.#address + this.#capacity));
    return { address: this.#address, len: read === request.length ? written : most };
  }

  #reserve(len: number): void {
    if (len <= this.#capacity) return;
    const capacity = Math.max(len, Math.min(2 * this.#capacity, REQUEST_BYTES_MAX + 1), 1_024);
    const address = this.exports.toolgate_alloc(capacity) >>> 0;
    if (address === 0) throw new ToolgateError("host/memory", "the module's memory cannot grow any more");
    if (this.#address !== 0) this.exports.toolgate_free(this.#address);
    this.#address = address;
    this.#capacity = capacity;
  }

  /** What the last call has left to read. */
  output(): Uint8Array {
    const at = this.exports.toolgate_output() >>> 0;
    return this.memory.subarray(at, at + this.exports.toolgate_output_len());
  }

  /** The failure that a call has told. */
  failure(): { code: string; message: string } {
    const text = decode(this.output());
    return text === "" ? { code: "host/memory", message: "the module's memory cannot grow any more" } : parse(text);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text that a module has written. */
export function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** JSON that a module has written. Taken before anybody can put another function there. */
export const parse = JSON.parse;
