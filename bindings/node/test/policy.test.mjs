// Policies: what they are made of, what they tell, and how they end.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

import { instances, thrown, trapped } from "./support.mjs";

const { ExplainError, LoadError, Policy, PolicyError, ToolgateError, definePolicy, loadPolicy, version } = await import("toolgate");
const runtimeOnly = await import("toolgate/runtime");

const require = createRequire(import.meta.url);
const RULES = { rules: [{ id: "small", when: { action: "pay", input: { amount: [{ lte: 10 }] } }, decision: "allow" }] };
const allowed = { action: "pay", input: { amount: 10 } };

test("documents are text, bytes or objects, one or several", () => {
  const text = JSON.stringify(RULES);
  const forms = [RULES, text, Buffer.from(text), new TextEncoder().encode(text).buffer, [{ name: "a.yaml", text }], [{ name: "a.json", text: RULES }]];
  const digests = new Set(forms.map((form) => definePolicy(form).digest));
  assert.equal(digests.size, 1);
  const two = definePolicy([{ name: "a.yaml", text }, { name: "b.yaml", text: "tighten_only: true\nrules: [{id: never, when: {action: pay}, decision: deny}]" }]);
  assert.deepEqual(two.decide(allowed).rules, ["never"]);
  assert.deepEqual(definePolicy("default: { decision: allow }\nrules: []").diagnostics.map(({ code }) => code).sort(), ["lint/default-allow", "lint/no-rules"]);
});

test("what is no policy is an error with everything that is wrong", () => {
  const error = thrown(() => definePolicy([{ name: "team.yaml", text: "rules:\n  - id: a\n    when: { action: pay }\n    decision: alow\n  - { id: a }\n" }]));
  assert.ok(error instanceof PolicyError && error instanceof ToolgateError && error instanceof Error);
  assert.equal(error.code, error.diagnostics[0].code);
  assert.ok(error.diagnostics.length >= 3);
  assert.match(error.message, /^team\.yaml:4:15: error\[document\/unknown-value\]: `alow` is no decision \(did you mean `allow`\?\)\n/);
  for (const [documents, code] of [
    [[], "host/no-documents"],
    [undefined, "host/type"],
    [5, "host/type"],
    [[5], "host/type"],
    [[{ text: "rules: []" }], "host/type"],
    [[{ name: "a" }], "host/type"],
    [{ rules: undefined }, "host/type"],
    [{ rules: [new Map()] }, "host/type"],
    ["", "document/empty"],
    ["\ud800", "source/invalid-utf8"],
    [{ rules: [{ id: "a", when: { action: Number.NaN }, decision: "deny" }] }, "json/syntax"],
  ]) {
    const error = thrown(() => definePolicy(documents));
    assert.ok(error instanceof PolicyError, `${error}`);
    assert.equal(error.code, code);
  }
});

test("artifacts load here and in the runtime alone, by digest too", () => {
  const { artifact, digest, info } = definePolicy(RULES);
  for (const load of [loadPolicy, runtimeOnly.loadPolicy]) {
    const policy = load(artifact, { digest });
    assert.deepEqual([policy.digest, policy.info, policy.decide(allowed).decision], [digest, info, "allow"]);
    assert.equal(load(artifact.buffer.slice(artifact.byteOffset, artifact.byteOffset + artifact.length)).digest, digest);
    const other = `sha256:${"0".repeat(64)}`;
    const changed = (at) => artifact.map((byte, index) => (index === at ? byte ^ 1 : byte));
    for (const [bytes, options, code] of [
      [artifact, { digest: other }, "load/other-policy"],
      [artifact, { digest: digest.toUpperCase() }, "host/invalid-digest"],
      [artifact, { digest: "" }, "host/invalid-digest"],
      [artifact.slice(1), undefined, "load/magic"],
      [new Uint8Array(), undefined, "load/magic"],
      [changed(8), undefined, "load/version"],
      [artifact.slice(0, -1), undefined, "load/truncated"],
      [changed(artifact.length - 1), undefined, "load/digest"],
      ["TOOLGATE", undefined, "host/type"],
      [undefined, undefined, "host/type"],
      [new Uint16Array(4), undefined, "host/type"],
      [new Uint8Array(80 * 1024 * 1024), undefined, "load/memory"],
    ]) {
      const error = thrown(() => load(bytes, options));
      assert.equal(error.code, code);
      assert.equal(error.name, "LoadError");
    }
  }
  // At any offset, and whatever the caller does with its bytes afterwards.
  const shifted = new Uint8Array(artifact.length + 3);
  shifted.set(artifact, 3);
  const policy = loadPolicy(shifted.subarray(3));
  shifted.fill(0);
  assert.equal(policy.decide(allowed).decision, "allow");
  policy.artifact.fill(0);
  assert.deepEqual(policy.artifact, artifact);
  assert.ok(Object.isFrozen(policy.info) && Object.isFrozen(policy.info.fields));
  assert.ok(policy instanceof Policy && !(thrown(() => loadPolicy(5)) instanceof PolicyError) && thrown(() => loadPolicy(5)) instanceof LoadError);
});

test("texts are strings and bytes, and nothing that pretends", () => {
  const policy = definePolicy(RULES);
  const text = JSON.stringify(allowed);
  const bytes = Buffer.from(text);
  for (const one of [text, bytes, new Uint8Array(bytes), new Uint8Array(bytes).buffer]) assert.equal(policy.verdictJson(one), "allow");
  for (const one of [undefined, null, 5, allowed, [text], new String(text), new DataView(new ArrayBuffer(8)), new Uint16Array(4), { length: 2, 0: 123, 1: 125 }]) {
    assert.equal(thrown(() => policy.decideJson(one)).code, "host/type");
    assert.equal(thrown(() => policy.verdictJson(one)).code, "host/type");
  }
  // What a property says of the length does not count.
  const lying = Object.defineProperty(new Uint8Array(Buffer.from(`${text}x`)), "length", { value: text.length });
  assert.equal(policy.decideJson(lying).reason, "request/trailing-data");
});

test("options that are not known, or of the wrong type, are errors", () => {
  const policy = definePolicy(RULES);
  for (const options of [{ clarifed: true }, { clarified: "no" }, { clarified: 1 }, { clarified: null }, null, 5, "clarified"]) {
    assert.equal(thrown(() => policy.decide(allowed, options)).code, "host/option");
    assert.equal(thrown(() => policy.verdictJson("{}", options)).code, "host/option");
  }
  assert.equal(thrown(() => loadPolicy(policy.artifact, { digset: "" })).code, "host/option");
  assert.equal(thrown(() => definePolicy(RULES, { withSources: 1 })).code, "host/option");
});

test("a closed policy decides nothing", () => {
  const policy = definePolicy(RULES);
  policy.close();
  policy.close();
  for (const ask of [() => policy.decide(allowed), () => policy.decideJson("{}"), () => policy.verdict(allowed), () => policy.verdictJson("{}"), () => policy.explain(allowed)]) {
    assert.equal(thrown(ask).code, "host/closed");
  }
  assert.equal(policy.info.rules, 1);
  const disposed = definePolicy(RULES);
  disposed[Symbol.dispose]();
  assert.equal(thrown(() => disposed.decide(allowed)).code, "host/closed");
});

test("a trap is a deny, and the next call has a fresh instance", () => {
  const policy = definePolicy(RULES);
  for (const [name, ask] of [
    ["toolgate_decide", () => policy.decide(allowed)],
    ["toolgate_output", () => policy.decide(allowed)],
    ["toolgate_verdict", () => policy.verdict(allowed)],
  ]) {
    policy.decide(allowed);
    const before = instances.length;
    trapped.add(name);
    const outcome = ask();
    trapped.clear();
    if (typeof outcome === "string") assert.equal(outcome, "deny");
    else assert.deepEqual([outcome.decision, outcome.reason, outcome.policy, outcome.rules], ["deny", "host/trap", policy.digest, []]);
    assert.equal(policy.decide(allowed).decision, "allow");
    assert.equal(instances.length, before + 1);
  }
  trapped.add("toolgate_decide").add("toolgate_policy_load");
  assert.equal(policy.decide(allowed).decision, "deny");
  assert.equal(policy.decide(allowed).reason, "host/trap");
  trapped.clear();
  trapped.add("toolgate_compile");
  assert.equal(thrown(() => definePolicy(RULES)).name, "PolicyError");
  trapped.clear();
  assert.equal(definePolicy(RULES).decide(allowed).decision, "allow");
});

test("a million decisions and a request of 100 MiB leave memory as it was", () => {
  const policy = definePolicy(RULES);
  const { memory } = instances.at(-1);
  const requests = [allowed, { action: "pay", input: { amount: 11 } }, { action: "pay" }, { action: "" }].map((request) => JSON.stringify(request));
  policy.decideJson("x".repeat(100 * 1024 * 1024));
  const before = memory.buffer.byteLength;
  for (const large of ["x".repeat(100 * 1024 * 1024), "é".repeat(40 * 1024 * 1024), new Uint8Array(100 * 1024 * 1024)]) {
    const { decision, reason, offset } = policy.decideJson(large);
    assert.deepEqual([decision, reason, offset], ["deny", "request/too-large", 1_048_576]);
  }
  const counts = { allow: 0, deny: 0 };
  for (let index = 0; index < 1_000_000; index += 1) counts[policy.decideJson(requests[index & 3]).decision] += 1;
  assert.deepEqual(counts, { allow: 250_000, deny: 750_000 });
  assert.equal(memory.buffer.byteLength, before);
  assert.ok(before < 4 * 1024 * 1024, `${before}`);
});

test("texts of every length and width arrive whole", () => {
  const policy = definePolicy("rules: [{id: a, when: {action: run}, decision: allow}]");
  for (const unit of ["x", "é", "€", "\u{1f600}"]) {
    for (const count of [1, 340, 1_000, 3_000, 100_000, 260_000]) {
      const text = JSON.stringify({ action: "run", context: { text: unit.repeat(count) } });
      const large = Buffer.byteLength(text) > 1_048_576;
      const { decision, reason } = policy.decideJson(text);
      assert.deepEqual([decision, reason], large ? ["deny", "request/too-large"] : ["allow", "rule"], `${count} times ${unit}`);
      assert.deepEqual(policy.decideJson(Buffer.from(text)).reason, reason);
    }
  }
});

test("decisions are explained where the documents are", () => {
  const policy = definePolicy(RULES);
  const large = { action: "pay", input: { amount: 11 } };
  const explanation = policy.explain(large);
  assert.deepEqual(explanation.decision, policy.decide(large));
  assert.deepEqual([explanation.rules[0].rule, explanation.rules[0].near_misses[0].would_be], ["small", "10"]);
  assert.match(explanation.text, /^not safe to show to a model/);
  assert.equal(Object.keys(explanation).includes("text"), false);
  assert.deepEqual(policy.explain(JSON.stringify(large), { rule: "small" }).rules.map(({ rule }) => rule), ["small"]);
  assert.equal(policy.explain("{").refused !== null, true);
  const carrying = definePolicy(RULES, { withSources: true });
  assert.equal(carrying.digest, policy.digest);
  const explained = loadPolicy(carrying.artifact).explain(large);
  assert.equal(JSON.stringify(explained), JSON.stringify(explanation));
  for (const [ask, code] of [
    [() => policy.explain(large, { rule: "smal" }), "host/unknown-rule"],
    [() => loadPolicy(policy.artifact).explain(large), "host/no-sources"],
    [() => runtimeOnly.loadPolicy(carrying.artifact).explain(large), "host/no-compiler"],
  ]) {
    const error = thrown(ask);
    assert.deepEqual([error.name, error.code], ["ExplainError", code]);
  }
  assert.ok(thrown(() => policy.explain(large, { rule: "smal" })) instanceof ExplainError);
  assert.equal(thrown(() => policy.explain({ action: undefined })).code, "host/type");
});

test("the package loads as CommonJS, and its files are exported", () => {
  const required = require("toolgate");
  assert.equal(required.definePolicy(RULES).decide(allowed).decision, "allow");
  assert.equal(require("toolgate/runtime").loadPolicy(definePolicy(RULES).artifact).decide(allowed).decision, "allow");
  assert.deepEqual(Object.keys(required).sort(), Object.keys({ ...require("toolgate/runtime"), DefinedPolicy: 0, definePolicy: 0 }).sort());
  for (const name of ["engine.wasm", "compiler.wasm"]) {
    const module = new WebAssembly.Module(readFileSync(require.resolve(`toolgate/${name}`)));
    assert.deepEqual(WebAssembly.Module.imports(module), []);
  }
  assert.match(version(), /^\d+\.\d+\.\d+$/);
  assert.equal(version(), require("toolgate/package.json").version);
});

test("edge runtimes get modules that are imported, not compiled from bytes", () => {
  // What bundlers for such runtimes do: a file of WebAssembly is a module whose default export is a WebAssembly.Module.
  const hooks = `export async function load(url, context, next) {
    if (!url.endsWith(".wasm")) return next(url, context);
    const source = \`import { readFileSync } from "node:fs"; export default new WebAssembly.Module(readFileSync(new URL(\${JSON.stringify(url)})));\`;
    return { format: "module", source, shortCircuit: true };
  }`;
  const program = `
    import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hooks)}));
    const compiled = [];
    const { definePolicy } = await import("toolgate");
    const { loadPolicy } = await import("toolgate/runtime");
    WebAssembly.Module = class { constructor() { throw new Error("Wasm code generation disallowed by embedder"); } };
    const policy = loadPolicy(definePolicy(${JSON.stringify(RULES)}).artifact);
    console.log(policy.decide(${JSON.stringify(allowed)}).decision, import.meta.resolve("toolgate").endsWith("/dist/edge/index.js"));
  `;
  for (const condition of ["workerd", "edge-light"]) {
    const arguments_ = [`--conditions=${condition}`, "--input-type=module", "--eval", program];
    const said = execFileSync(process.execPath, arguments_, { cwd: new URL("..", import.meta.url), encoding: "utf8" });
    assert.equal(said, "allow true\n");
  }
});

test("the examples of the READMEs run", () => {
  const pages = ["../README.md", "../../../README.md"].map((page) => readFileSync(new URL(page, import.meta.url), "utf8"));
  const found = pages.map((page) => [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code));
  assert.ok(found[0].length >= 2 && found[1].length === 1);
  const examples = found.flat();
  for (const code of examples) {
    execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd: new URL("..", import.meta.url), stdio: ["ignore", "pipe", "inherit"] });
  }
});
