import { ToolgateError } from "./error.js";

/**
 * The options that a caller has written down. Only own properties count: one that everything inherits, because somebody has
 * put it onto `Object.prototype`, must not clarify anything.
 */
export function own<O extends object>(options: O | undefined, known: { readonly [K in keyof Required<O>]: readonly string[] }): O {
  const read: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (options === undefined) return read as O;
  if (typeof options !== "object" || options === null) throw new ToolgateError("host/option", "options are an object");
  for (const key of Object.keys(options)) {
    const value: unknown = (options as Record<string, unknown>)[key];
    const types = Object.hasOwn(known, key) ? (known as Record<string, readonly string[]>)[key]! : undefined;
    if (types === undefined) throw new ToolgateError("host/option", `there is no option \`${key.slice(0, 40)}\``);
    if (value === undefined) continue;
    if (!types.includes(typeof value)) throw new ToolgateError("host/option", `the option \`${key}\` is a ${types.join(" or ")}`);
    read[key] = value;
  }
  return read as O;
}
