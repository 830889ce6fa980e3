// A host of the modules with nothing between: what `docs/wasm.md` says is all that this file knows.

import { readFileSync } from "node:fs";

export const VERDICTS = ["deny", "clarification_required", "approval_required", "allow"];
export const CLARIFIED = 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The module of that name, compiled. */
export function load(name) {
  const path = process.env[`TOOLGATE_${name.toUpperCase()}_WASM`];
  if (path === undefined) throw new Error("run this suite with `cargo xtask wasm`");
  return new WebAssembly.Module(readFileSync(path));
}

/** An instance and a buffer in it that grows to what is put into it. */
export class Host {
  constructor(module) {
    this.exports = new WebAssembly.Instance(module).exports;
    this.capacity = 0;
    this.address = 0;
  }

  get bytes() {
    return new Uint8Array(this.exports.memory.buffer);
  }

  /** Puts bytes into the buffer; false if there is not enough memory. */
  put(bytes) {
    if (bytes.length > this.capacity) {
      if (this.address !== 0) this.exports.toolgate_free(this.address);
      this.address = this.exports.toolgate_alloc(bytes.length);
      this.capacity = this.address === 0 ? 0 : bytes.length;
      if (this.address === 0) return false;
    }
    this.bytes.set(bytes, this.address);
    return true;
  }

  output() {
    const { toolgate_output, toolgate_output_len } = this.exports;
    return this.bytes.slice(toolgate_output(), toolgate_output() + toolgate_output_len());
  }

  text() {
    return decoder.decode(this.output());
  }

  json() {
    return JSON.parse(this.text());
  }

  /** Decides bytes in full. */
  decide(handle, request, flags = 0) {
    this.put(request);
    const verdict = this.exports.toolgate_decide(handle, this.address, request.length, flags);
    return { verdict: VERDICTS[verdict], decision: this.json() };
  }

  verdict(handle, request, flags = 0) {
    this.put(request);
    return VERDICTS[this.exports.toolgate_verdict(handle, this.address, request.length, flags)];
  }

  /** Compiles named texts: the artifact, or undefined, and the diagnostics. */
  compile(documents) {
    const bytes = concat(documents.flatMap(({ name, text }) => [sized(encoder.encode(name)), sized(text)]));
    this.put(bytes);
    const status = this.exports.toolgate_compile(this.address, bytes.length);
    const output = this.output();
    const at = this.exports.toolgate_diagnostics();
    const diagnostics = JSON.parse(decoder.decode(this.bytes.slice(at, at + this.exports.toolgate_diagnostics_len())));
    return { artifact: status === 0 ? output : undefined, diagnostics };
  }

  /** Loads an artifact: its handle, or -1. */
  load(artifact, digest) {
    const { toolgate_alloc, toolgate_free, toolgate_policy_load } = this.exports;
    const at = digest === undefined ? 0 : toolgate_alloc(32);
    this.put(artifact);
    if (digest !== undefined) this.bytes.set(digest, at);
    const handle = toolgate_policy_load(this.address, artifact.length, at);
    if (digest !== undefined) toolgate_free(at);
    return handle;
  }
}

/** Bytes behind their length. */
export function sized(bytes) {
  return concat([words(bytes.length), bytes]);
}

/** Little-endian words. */
export function words(...all) {
  const bytes = new Uint8Array(4 * all.length);
  const view = new DataView(bytes.buffer);
  all.forEach((word, index) => view.setUint32(4 * index, word, true));
  return bytes;
}

export function concat(parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function utf8(text) {
  return encoder.encode(text);
}
