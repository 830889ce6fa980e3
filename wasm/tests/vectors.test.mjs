// The law, through the exports of both modules.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CLARIFIED, Host, load } from "./module.mjs";
import { bytes, documents, index, policies, vectors } from "./vectors.mjs";

const compiler = new Host(load("compiler"));
const runtime = new Host(load("runtime"));

function tell(failures) {
  assert.equal(failures.length, 0, `${failures.length} failures\n${failures.slice(0, 20).join("\n\n")}`);
}

test("decide", () => {
  const failures = [];
  const all = vectors("decide");
  let cases = 0;
  for (const { name, vector } of all) {
    const { artifact, diagnostics } = compiler.compile(policies(vector));
    if (artifact === undefined) {
      failures.push(`${name}: ${JSON.stringify(diagnostics)}`);
      continue;
    }
    const handle = runtime.load(artifact);
    assert.ok(handle > 0, `${name}: ${runtime.text()}`);
    for (const one of vector.cases) {
      cases += 1;
      const request = bytes(one, "request");
      const flags = one.clarified === true ? CLARIFIED : 0;
      const { verdict, decision } = runtime.decide(handle, request, flags);
      const alone = runtime.verdict(handle, request, flags);
      if (verdict !== decision.decision || alone !== decision.decision) {
        failures.push(`${name}: ${one.name}: ${verdict} and ${alone}, the decision says ${decision.decision}`);
      }
      for (const [key, expected] of Object.entries(one.expect)) {
        try {
          assert.deepEqual(decision[key], expected);
        } catch {
          failures.push(`${name}: ${one.name}: ${key} is ${JSON.stringify(decision[key])}, the vector says ${JSON.stringify(expected)}`);
        }
      }
    }
    assert.equal(runtime.exports.toolgate_policy_free(handle), 0);
  }
  console.log(`vectors/decide: ${all.length} files, ${cases} cases`);
  tell(failures);
  assert.deepEqual({ files: all.length, cases }, index.decide);
});

/** What a compile has told, errors and warnings apart. */
function told(vector) {
  const sources = documents(vector);
  const { artifact, diagnostics } = compiler.compile(sources);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const warnings = diagnostics.filter(({ severity }) => severity === "warning");
  assert.equal(artifact === undefined, errors.length > 0);
  return { sources, errors, warnings };
}

function isAsExpected(found, { code, span, start, file }, sources) {
  return (
    found.code === code &&
    (file === undefined || found.file === sources[file].name) &&
    (span === undefined || (found.span.start === span[0] && found.span.end === span[1])) &&
    (span !== undefined || start === undefined || found.span.start === start)
  );
}

function areAsExpected(found, expected, sources) {
  return found.length === expected.length && found.every((one, index) => isAsExpected(one, expected[index], sources));
}

for (const [area, kind] of [["reject", "errors"], ["warn", "warnings"]]) {
  test(area, () => {
    const all = vectors(area);
    const failures = [];
    for (const { name, vector } of all) {
      const found = told(vector);
      const sound = area === "reject" || found.errors.length === 0;
      if (!sound || !areAsExpected(found[kind], vector.expect, found.sources)) {
        failures.push(`${name}: expected ${JSON.stringify(vector.expect)}\nfound ${JSON.stringify(found).slice(0, 2000)}`);
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
