// Vectors on disk.

import { readFileSync, readdirSync, statSync } from "node:fs";

import { utf8 } from "./module.mjs";

const root = new URL("../../vectors/", import.meta.url);

/** What the index says there is. */
export const index = JSON.parse(readFileSync(new URL("index.json", root), "utf8"));

/** All vectors of an area, each with its name. */
export function vectors(area) {
  return files(new URL(`${area}/`, root)).map((url) => ({
    name: url.href.slice(root.href.length),
    vector: JSON.parse(readFileSync(url, "utf8")),
  }));
}

function files(directory) {
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const url = new URL(encodeURIComponent(name), directory);
      return statSync(url).isDirectory() ? files(new URL(`${url.href}/`)) : [url];
    });
}

/** Bytes that a vector gives as text, in hexadecimal, or as something repeated. */
export function bytes(vector, name) {
  if (typeof vector[name] === "string") return utf8(vector[name]);
  if (typeof vector[`${name}_hex`] === "string") return Uint8Array.from(Buffer.from(vector[`${name}_hex`], "hex"));
  const { prefix = "", unit, count, suffix = "" } = vector[`${name}_repeat`];
  const body = Array.from({ length: count }, (_, index) => unit.replaceAll("{i}", String(index)));
  return utf8(prefix + body.join("") + suffix);
}

/** The documents of a decision vector. */
export function policies({ policy, policies = [policy] }) {
  return policies.map((text, index) => ({ name: `policy${index}.yaml`, text: utf8(text) }));
}

/** The documents of a vector about documents. */
export function documents(vector) {
  const texts = vector.documents?.map(utf8) ?? [bytes(vector, "document")];
  const name = vector.name ?? "policy.yaml";
  return texts.map((text, index) => ({ name: index === 0 ? name : `${index}-${name}`, text }));
}
