import { Instance, decode } from "./instance.js";
import { runtime } from "./wasm/runtime.js";

/** The version of the engine. */
export function version(): string {
  const instance = new Instance<object>(runtime());
  instance.exports.toolgate_version();
  return decode(instance.output());
}
