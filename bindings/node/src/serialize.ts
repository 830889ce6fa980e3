/** A value that JSON has none for. */
export class Unwritable {
  /** JSON Pointer of the value. */
  pointer = "";

  constructor(
    readonly code: "host/type" | "host/key" | "host/unreadable",
    readonly problem: string,
    readonly cause?: unknown,
  ) {}

  below(segment: string): this {
    this.pointer = `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}${this.pointer}`;
    return this;
  }

  get message(): string {
    return `${this.pointer === "" ? "the value" : `\`${clip(this.pointer)}\``} ${this.problem}`;
  }
}

/** How far values are written: one more than may be is, so that the reader sees it. */
export interface Bounds {
  readonly depth: number;
  readonly length: number;
}

/**
 * A value as JSON text, or the beginning of such a text that is refused for the same reason as the whole.
 *
 * Nothing is dropped and nothing converted by guess: what JSON can say and the law refuses (`NaN`, a lone surrogate, a
 * depth, a size) is written up to the place where it shows; what JSON cannot say is thrown as `Unwritable`. Each property is
 * read once.
 */
export function serialize(value: unknown, bounds: Bounds): string {
  const writer = new Writer(bounds);
  try {
    writer.value(value, 1);
  } catch (error) {
    if (error !== SHOWN) throw error;
  }
  return writer.text;
}

/** Thrown to end the writing: what has been written shows why the whole is refused. */
const SHOWN = Symbol("shown");

// Taken before anybody can put other functions there.
const quote: (text: string) => string = JSON.stringify;
const { isArray } = Array;
const { getPrototypeOf, hasOwn } = Object;
const { getOwnPropertyDescriptor, ownKeys } = Reflect;

class Writer {
  text = "";

  constructor(readonly bounds: Bounds) {}

  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string":
        return this.string(value);
      case "number":
        this.raw(`${value}`);
        if (!Number.isFinite(value)) throw SHOWN;
        return;
      case "boolean":
        return this.raw(value ? "true" : "false");
      case "bigint":
        return this.bigint(value);
      case "object":
        if (value === null) return this.raw("null");
        return this.readable(() => (isArray(value) ? this.array(value, depth) : this.object(value, depth)));
      default:
        throw new Unwritable("host/type", `is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}, which JSON has no value for`);
    }
  }

  string(value: string): void {
    // As many units are at least as many bytes.
    if (value.length > this.bounds.length) return this.overflow();
    this.raw(quote(value));
  }

  bigint(value: bigint): void {
    // Writing one that is far too long would take minutes.
    const most = 1n << BigInt(4 * Math.min(this.bounds.length, 1 << 20));
    if (value > most || value < -most) return this.overflow();
    this.raw(`${value}`);
  }

  array(value: readonly unknown[], depth: number): void {
    if (!isPlainArray(value)) throw new Unwritable("host/type", "is an array of a class of its own; pass a plain one");
    this.open("[", depth);
    const { length } = value;
    // Each element takes a byte and a comma.
    if (length > this.bounds.length) return this.overflow();
    if (ownKeys(value).length > length + 1) throw new Unwritable("host/key", "is an array with properties that are no elements");
    for (let index = 0; index < length; index += 1) {
      if (index > 0) this.raw(",");
      this.member(value, `${index}`, depth);
    }
    this.raw("]");
  }

  object(value: object, depth: number): void {
    if (!isPlain(value)) throw new Unwritable("host/type", `is a ${className(value)}; pass a plain object, or what stands for it in the tool`);
    this.open("{", depth);
    let first = true;
    for (const key of ownKeys(value)) {
      if (typeof key !== "string") throw new Unwritable("host/key", "has a symbol as a key");
      if (!first) this.raw(",");
      first = false;
      this.string(key);
      this.raw(":");
      this.member(value, key, depth);
    }
    this.raw("}");
  }

  member(of: object, key: string, depth: number): void {
    const property = getOwnPropertyDescriptor(of, key);
    try {
      if (property === undefined) throw new Unwritable("host/type", "is missing: a hole, or gone while it was read");
      if (property.enumerable !== true) throw new Unwritable("host/key", "is not enumerable: copies would lack it");
      // Read as the tool will read it, which of a proxy need not be what its descriptor says.
      this.value(this.readable(() => (of as Record<string, unknown>)[key]), depth + 1);
    } catch (error) {
      throw error instanceof Unwritable ? error.below(key) : error;
    }
  }

  /** Runs what may run code of the value's own: getters, and traps of proxies. */
  readable<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error === SHOWN || error instanceof Unwritable) throw error;
      throw new Unwritable("host/unreadable", "threw while it was read", error);
    }
  }

  open(bracket: string, depth: number): void {
    this.raw(bracket);
    if (depth > this.bounds.depth) throw SHOWN;
  }

  raw(text: string): void {
    this.text += text;
    if (this.text.length > this.bounds.length) throw SHOWN;
  }

  overflow(): never {
    this.text += " ".repeat(Math.max(0, this.bounds.length + 1 - this.text.length));
    throw SHOWN;
  }
}

/** Whether a value is an object that has no class, in this realm or another. */
function isPlain(value: object): boolean {
  const prototype = getPrototypeOf(value) as object | null;
  return prototype === null || prototype === Object.prototype || (getPrototypeOf(prototype) === null && hasOwn(prototype, "isPrototypeOf"));
}

/** Whether an array has no class of its own: the prototype of arrays is an array. */
function isPlainArray(value: object): boolean {
  const prototype = getPrototypeOf(value) as object | null;
  return prototype === Array.prototype || (isArray(prototype) && hasOwn(prototype, "copyWithin"));
}

function className(value: object): string {
  const { constructor } = getPrototypeOf(value) as { constructor?: unknown };
  return typeof constructor === "function" && typeof constructor.name === "string" ? clip(constructor.name) : "object with a prototype";
}

function clip(text: string): string {
  const shown = text.replace(/[\p{C}`]/gu, "\u{fffd}");
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown;
}
