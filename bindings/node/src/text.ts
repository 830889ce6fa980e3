/** Encodes UTF-8, with a replacement for what is no text. */
export const utf8 = new TextEncoder();

/**
 * The bytes of a string, a lone surrogate as the three bytes that UTF-8 would have for it.
 *
 * Those are ill-formed, so they are refused where they stand; a replacement would be another text.
 */
export function encode(text: string): Uint8Array {
  if (text.isWellFormed()) return utf8.encode(text);
  const parts: Uint8Array[] = [];
  let len = 0;
  const push = (part: Uint8Array) => {
    parts.push(part);
    len += part.length;
  };
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const low = unit < 0xdc00 ? text.charCodeAt(at + 1) : Number.NaN;
    if (low >= 0xdc00 && low <= 0xdfff) {
      at += 1;
      continue;
    }
    push(utf8.encode(text.slice(from, at)));
    push(Uint8Array.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)));
    from = at + 1;
  }
  push(utf8.encode(text.slice(from)));
  return concat(parts, len);
}

/** Parts of so many bytes in all, as one. */
export function concat(parts: readonly Uint8Array[], len: number): Uint8Array {
  const all = new Uint8Array(len);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const typed = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getter = (of: object, name: string) => Object.getOwnPropertyDescriptor(of, name)!.get!;
const bufferOf = getter(typed, "buffer");
const offsetOf = getter(typed, "byteOffset");
const lengthOf = getter(typed, "byteLength");
const tagOf = getter(typed, Symbol.toStringTag as unknown as string);

/** The bytes of a `Uint8Array` or an `ArrayBuffer` as they really are, whatever its properties say; else undefined. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (tagOf.call(value) === "Uint8Array") {
    return new Uint8Array(bufferOf.call(value) as ArrayBuffer, offsetOf.call(value) as number, lengthOf.call(value) as number);
  }
  try {
    // Throws for all that is no buffer.
    ArrayBuffer.prototype.slice.call(value as ArrayBuffer, 0, 0);
    return new Uint8Array(value as ArrayBuffer);
  } catch {
    return undefined;
  }
}
