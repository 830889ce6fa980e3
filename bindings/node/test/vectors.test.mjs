// The law, through the package.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import { PolicyError, definePolicy, loadPolicy } from "toolgate";
import * as runtimeOnly from "toolgate/runtime";

import { bytes, documents, index, policies, vectors } from "../../../wasm/tests/vectors.mjs";

const required = createRequire(import.meta.url)("toolgate");

function tell(failures) {
  assert.equal(failures.length, 0, `${failures.length} failures\n${failures.slice(0, 20).join("\n\n")}`);
}

function same(left, right) {
  try {
    assert.deepEqual(left, right);
    return true;
  } catch {
    return false;
  }
}

test("decide", () => {
  const all = vectors("decide");
  const failures = [];
  let cases = 0;
  let objects = 0;
  for (const { name, vector } of all) {
    const policy = definePolicy(policies(vector));
    const { artifact, digest } = policy;
    // The same in each way that the package can be loaded.
    const others = [loadPolicy(artifact, { digest }), required.loadPolicy(artifact), runtimeOnly.loadPolicy(artifact)];
    for (const one of vector.cases) {
      cases += 1;
      const request = bytes(one, "request");
      const options = one.clarified === true ? { clarified: true } : {};
      const decision = policy.decideJson(request, options);
      for (const [key, expected] of Object.entries(one.expect)) {
        if (!same(decision[key], expected)) failures.push(`${name}: ${one.name}: ${key} is ${JSON.stringify(decision[key])}, the vector says ${JSON.stringify(expected)}`);
      }
      const verdict = policy.verdictJson(request, options);
      if (verdict !== decision.decision) failures.push(`${name}: ${one.name}: the verdict alone is ${verdict}`);
      for (const other of others) {
        if (!same(other.decideJson(request, options), decision)) failures.push(`${name}: ${one.name}: loaded, the policy decides otherwise`);
      }
      if (typeof one.request === "string") {
        if (!same(policy.decideJson(one.request, options), decision)) failures.push(`${name}: ${one.name}: the string is decided otherwise`);
        if (decision.offset === null) {
          objects += 1;
          // Parsing may change numbers; writing what was parsed must not change anything, but for what it made infinite.
          let isFinite = true;
          const object = JSON.parse(one.request, (_, value) => {
            isFinite &&= typeof value !== "number" || Number.isFinite(value);
            return value;
          });
          if (!isFinite) {
            if (policy.decide(object, options).reason !== "request/invalid-json") failures.push(`${name}: ${one.name}: an infinite number is decided`);
            continue;
          }
          const written = policy.decideJson(JSON.stringify(object), options);
          if (!same(policy.decide(object, options), written) || policy.verdict(object, options) !== written.decision) {
            failures.push(`${name}: ${one.name}: the object is decided otherwise`);
          }
        }
      }
    }
    [policy, ...others].forEach((one) => one.close());
  }
  console.log(`vectors/decide: ${all.length} files, ${cases} cases`);
  tell(failures);
  assert.deepEqual({ files: all.length, cases }, index.decide);
  assert.ok(objects > 9_000, `${objects}`);
});

/** What is told about documents, errors and warnings apart. */
function told(vector) {
  const sources = documents(vector);
  let diagnostics;
  try {
    ({ diagnostics } = definePolicy(sources));
  } catch (error) {
    assert.ok(error instanceof PolicyError, `${error}`);
    ({ diagnostics } = error);
  }
  const of = (kind) => diagnostics.filter(({ severity }) => severity === kind);
  return { sources, errors: of("error"), warnings: of("warning") };
}

function areAsExpected(found, expected, sources) {
  return (
    found.length === expected.length &&
    found.every(
      ({ code, file, span: { start, end } }, at) =>
        code === expected[at].code &&
        (expected[at].file === undefined || file === sources[expected[at].file].name) &&
        (expected[at].span === undefined || same([start, end], expected[at].span)) &&
        (expected[at].start === undefined || start === expected[at].start),
    )
  );
}

for (const [area, kind] of [["reject", "errors"], ["warn", "warnings"]]) {
  test(area, () => {
    const all = vectors(area);
    const failures = [];
    for (const { name, vector } of all) {
      const found = told(vector);
      if ((area === "warn" && found.errors.length > 0) || !areAsExpected(found[kind], vector.expect, found.sources)) {
        failures.push(`${name}: expected ${JSON.stringify(vector.expect)}\nfound ${JSON.stringify(found[kind]).slice(0, 2000)}`);
      }
    }
    console.log(`vectors/${area}: ${all.length} cases`);
    tell(failures);
    assert.equal(all.length, index[area].cases);
  });
}

test("accept", () => {
  const all = vectors("accept");
  const failures = [];
  for (const { name, vector } of all) {
    const { errors, warnings } = told(vector);
    if (errors.length > 0) failures.push(`${name}: ${JSON.stringify(errors)}`);
    for (const expected of vector.warnings ?? []) {
      if (!warnings.some(({ code }) => code === expected)) failures.push(`${name}: no ${expected} among ${JSON.stringify(warnings)}`);
    }
  }
  console.log(`vectors/accept: ${all.length} cases`);
  tell(failures);
  assert.equal(all.length, index.accept.cases);
});
