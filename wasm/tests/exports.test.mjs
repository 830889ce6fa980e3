// What a host can do wrong, and what it must not be able to.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CLARIFIED, Host, concat, load, sized, utf8, words } from "./module.mjs";

const modules = { runtime: load("runtime"), compiler: load("compiler") };
const compiler = new Host(modules.compiler);

const POLICY = `
rules:
  - { id: small, when: { action: pay, input: { amount: [{ lte: 5 }] } }, decision: allow }
  - { id: what, when: { action: ask }, decision: clarification_required }
`;
const { artifact } = compiler.compile([{ name: "policy.yaml", text: utf8(POLICY) }]);
const ALLOWED = utf8('{"action":"pay","input":{"amount":5}}');

/** A fresh runtime with the policy loaded. */
function loaded() {
  const host = new Host(modules.runtime);
  const policy = host.load(artifact);
  assert.ok(policy > 0);
  return { host, policy };
}

function failure(host, status) {
  assert.equal(status, -1);
  return host.json().code;
}

test("the modules import nothing and export what is documented", () => {
  const common = ["memory", "toolgate_abi", "toolgate_alloc", "toolgate_free", "toolgate_output", "toolgate_output_len", "toolgate_version"];
  const own = {
    runtime: ["decide", "decide_fields", "fields", "info", "policy_free", "policy_load", "verdict", "verdict_fields"],
    compiler: ["compile", "compile_with_sources", "diagnostics", "diagnostics_len", "explain_artifact", "explain_documents"],
  };
  for (const [name, module] of Object.entries(modules)) {
    assert.deepEqual(WebAssembly.Module.imports(module), []);
    // The linker adds where data ends and the heap begins.
    const exports = WebAssembly.Module.exports(module).map((one) => one.name).filter((one) => !one.startsWith("__"));
    assert.deepEqual(exports.sort(), [...common, ...own[name].map((one) => `toolgate_${one}`)].sort());
    const host = new Host(module);
    assert.equal(host.exports.toolgate_abi(), 1);
    assert.equal(host.exports.toolgate_version(), 0);
    assert.match(host.text(), /^\d+\.\d+\.\d+$/);
  }
});

test("handles are never given out twice", () => {
  const { host, policy } = loaded();
  const { toolgate_policy_free } = host.exports;
  const other = host.load(artifact);
  assert.notEqual(policy, other);
  assert.equal(toolgate_policy_free(policy), 0);
  assert.notEqual(host.load(artifact), policy);
  for (const handle of [0, policy, -1, 1_000, 2 ** 31]) {
    host.put(ALLOWED);
    for (const name of ["decide", "verdict", "decide_fields", "verdict_fields"]) {
      assert.equal(failure(host, host.exports[`toolgate_${name}`](handle, host.address, ALLOWED.length, 0)), "host/handle", name);
    }
    for (const name of ["info", "fields", "policy_free"]) {
      assert.equal(failure(host, host.exports[`toolgate_${name}`](handle)), "host/handle", name);
    }
  }
  assert.equal(host.decide(other, ALLOWED).verdict, "allow");
});

test("addresses outside of buffers are refused", () => {
  const { host, policy } = loaded();
  host.put(ALLOWED);
  const { address, exports } = host;
  const len = ALLOWED.length;
  const wrong = [[0, len], [address - 1, len], [address + 1, host.capacity], [address, host.capacity + 1], [address, -1], [-1, 2], [65_536 * 65_535, len], [exports.toolgate_output(), 1]];
  for (const [at, bytes] of wrong) {
    assert.equal(failure(host, exports.toolgate_decide(policy, at, bytes, 0)), "host/buffer", `${bytes} at ${at}`);
    assert.equal(failure(host, exports.toolgate_policy_load(at, bytes, 0)), "host/buffer", `${bytes} at ${at}`);
  }
  assert.equal(failure(host, exports.toolgate_policy_load(address, len, address + host.capacity - 31)), "host/buffer");
  for (const at of [0, address + 1, -1]) assert.equal(failure(host, exports.toolgate_free(at)), "host/buffer");
  // No bytes are no request, wherever they are.
  assert.equal(exports.toolgate_decide(policy, 0, 0, 0), 0);
  assert.equal(host.json().reason, "request/invalid-json");
  assert.equal(exports.toolgate_free(address), 0);
  assert.equal(failure(host, exports.toolgate_free(address)), "host/buffer");
  assert.equal(failure(host, exports.toolgate_decide(policy, address, len, 0)), "host/buffer");
});

test("unknown flags are refused", () => {
  const { host, policy } = loaded();
  const ask = utf8('{"action":"ask"}');
  assert.equal(host.decide(policy, ask).verdict, "clarification_required");
  assert.equal(host.decide(policy, ask, CLARIFIED).verdict, "allow");
  for (const flags of [2, 3, 4, -1]) assert.equal(failure(host, host.exports.toolgate_decide(policy, host.address, ask.length, flags)), "host/flags");
});

test("bytes that are no artifact are refused with their code, at any address", () => {
  const host = new Host(modules.runtime);
  const changed = (at) => artifact.map((byte, index) => (index === at ? byte ^ 1 : byte));
  assert.equal(failure(host, host.load(new Uint8Array())), "load/magic");
  assert.equal(failure(host, host.load(changed(0))), "load/magic");
  assert.equal(failure(host, host.load(changed(8))), "load/version");
  assert.equal(failure(host, host.load(artifact.slice(0, -1))), "load/truncated");
  assert.equal(failure(host, host.load(changed(artifact.length - 1))), "load/digest");
  assert.equal(failure(host, host.load(artifact, new Uint8Array(32))), "load/other-policy");
  const { host: other, policy } = loaded();
  assert.equal(other.exports.toolgate_info(policy), 0);
  const digest = Uint8Array.from(Buffer.from(other.json().policy.slice("sha256:".length), "hex"));
  assert.ok(host.load(artifact, digest) > 0);
  for (let shift = 0; shift < 4; shift += 1) {
    host.put(concat([new Uint8Array(shift), artifact, new Uint8Array(4)]));
    assert.ok(host.exports.toolgate_policy_load(host.address + shift, artifact.length, 0) > 0);
  }
});

test("memory ends with an error that has a code", () => {
  const host = new Host(modules.runtime);
  assert.equal(host.exports.toolgate_alloc(65 * 1024 * 1024), 0);
  assert.equal(host.exports.toolgate_alloc(-1), 0);
  assert.ok(host.load(artifact) > 0, "a refusal harms nothing");
  // Loads until the memory is full.
  let policies = 0;
  let status = 0;
  const rules = Array.from({ length: 2_000 }, (_, index) => `  - { id: r${index}, when: { action: "act${index}" }, decision: allow }`);
  const { artifact: large } = compiler.compile([{ name: "policy.yaml", text: utf8(`rules:\n${rules.join("\n")}\n`) }]);
  for (; (status = host.load(large)) > 0; policies += 1);
  assert.ok(policies > 20, `${policies}`);
  assert.equal(failure(host, status), "load/memory");
  assert.ok(host.bytes.length <= 64 * 1024 * 1024);
  // What is loaded still decides, and what is given back makes room.
  assert.equal(host.decide(2, utf8('{"action":"act7"}')).verdict, "allow");
  assert.equal(host.exports.toolgate_policy_free(2), 0);
  assert.equal(host.exports.toolgate_policy_free(3), 0);
  assert.ok(host.load(large) > 0);
});

test("a million decisions need no more memory than the first ones", () => {
  const { host, policy } = loaded();
  const requests = [ALLOWED, utf8('{"action":"pay","input":{"amount":6}}'), utf8("{"), utf8('{"action":"ask","context":{"a":[1,2,[3]]}}')];
  const { toolgate_decide } = host.exports;
  requests.forEach((request) => host.decide(policy, request));
  const before = host.bytes.length;
  const verdicts = [0, 0, 0, 0];
  for (let index = 0; index < 1_000_000; index += 1) {
    const request = requests[index & 3];
    host.put(request);
    verdicts[toolgate_decide(policy, host.address, request.length, 0)] += 1;
  }
  assert.deepEqual(verdicts, [500_000, 250_000, 0, 250_000]);
  assert.equal(host.bytes.length, before);
});

test("a request above the limit is refused for its size, however much of it arrives", () => {
  const { host, policy } = loaded();
  for (const length of [1_048_577, 2_000_000]) {
    const { verdict, decision } = host.decide(policy, new Uint8Array(length).fill(0x20));
    assert.deepEqual([verdict, decision.reason, decision.offset], ["deny", "request/too-large", 1_048_576]);
  }
});

test("the deepest requests fit onto the stack", () => {
  let depth = 32;
  let deep;
  // As deep as a rule may be.
  do deep = compiler.compile([{ name: "policy.yaml", text: utf8(nested((depth -= 1))) }]);
  while (deep.artifact === undefined && deep.diagnostics.some(({ code }) => code === "limit/nesting"));
  assert.ok(deep.artifact !== undefined && depth > 16, `${depth}`);
  const host = new Host(modules.runtime);
  const policy = host.load(deep.artifact);
  for (const text of [
    `{"action":"pay","context":${'{"a":'.repeat(62)}1${"}".repeat(62)}}`,
    `{"action":"pay","context":{"a":${"[".repeat(61)}${"]".repeat(61)},"b":"x"}}`,
    `{"action":"pay","context":{"a":[${Array.from({ length: 1_024 }, () => '{"b":[{"a":"x"}]}').join()}]}}`,
    `{"action":"pay","context":${"[".repeat(100_000)}`,
  ]) {
    const { verdict, decision } = host.decide(policy, utf8(text));
    assert.equal(verdict, decision.decision);
  }
});

/** A policy whose conditions nest so deep. */
function nested(depth) {
  let when = "[{ eq: x }]";
  let condition = 'context.a.contains(context.b) || context.c.exists(x, x.contains(context.b) || x == context.a)';
  for (let level = 0; level < depth; level += 1) {
    condition = level % 2 === 0 ? `!(${condition})` : `(${condition} || context.b == "${level}") && action.name == "pay"`;
    if (level < depth / 2) when = `{ $not: { ${level % 2 === 0 ? "a" : "b"}: ${when} } }`;
  }
  return `rules:\n  - { id: deep, when: { action: pay, context: ${when} }, decision: deny }\n  - id: said\n    if: '${condition}'\n    decision: approval_required\n`;
}

test("fields decide as the request does, and what is no record is refused", () => {
  const { host, policy } = loaded();
  assert.equal(host.exports.toolgate_fields(policy), 0);
  const slots = Object.fromEntries(host.json().map(({ slot, field }) => [field, slot]));
  const record = (field, kind, text = "") => concat([words(slots[field] ?? field, kind), sized(utf8(text))]);
  const decide = (...records) => {
    const bytes = concat(records);
    host.put(bytes);
    const full = host.exports.toolgate_decide_fields(policy, host.address, bytes.length, 0);
    const outcome = host.json();
    assert.equal(host.exports.toolgate_verdict_fields(policy, host.address, bytes.length, 0), full);
    return { full, outcome };
  };
  const name = record("/action/name", 5, "pay");
  const allowed = decide(name, record("/action/input/amount", 4, "5.0"));
  assert.equal(allowed.full, 3);
  assert.deepEqual(allowed.outcome, host.decide(policy, ALLOWED).decision);
  assert.equal(decide(name, record("/action/input/amount", 4, "6")).full, 0);
  assert.equal(decide(name).full, 0, "a field without a record is unknown");
  assert.equal(decide(record("/action/input/amount", 4, "5")).outcome.reason, "request/action");
  for (const [records, code] of [
    [[record(1_000, 5, "x")], "fields/unknown-slot"],
    [[record("/action/name", 8)], "fields/malformed"],
    [[record("/action/input/amount", 4, "five")], "fields/malformed"],
    [[name.slice(0, -1)], "fields/malformed"],
  ]) {
    const { full, outcome } = decide(...records);
    assert.deepEqual([full, outcome.code], [-1, code]);
  }
});

test("documents are compiled, or told what is wrong with them", () => {
  const good = compiler.compile([{ name: "a.yaml", text: utf8(POLICY) }, { name: "b.json", text: utf8('{"default":{"decision":"allow"}}') }]);
  assert.ok(good.artifact.length > 0);
  assert.deepEqual(good.diagnostics.map(({ code, severity, file }) => [code, severity, file]), [["lint/default-allow", "warning", "b.json"]]);
  const bad = compiler.compile([{ name: "a.yaml", text: utf8("rules: [{id: a, decision: alow}]") }]);
  assert.equal(bad.artifact, undefined);
  assert.equal(compiler.json().code, "host/policy");
  assert.ok(bad.diagnostics.some(({ code, help }) => code === "document/unknown-value" && help.includes("allow")));
  for (const records of [new Uint8Array(), words(4), concat([sized(utf8("a")), words(1_000_000)]), concat([sized(Uint8Array.of(0xff)), sized(utf8(POLICY))])]) {
    compiler.put(records);
    assert.equal(failure(compiler, compiler.exports.toolgate_compile(compiler.address, records.length)), "host/records");
    assert.equal(compiler.exports.toolgate_diagnostics_len(), 0);
  }
});

test("decisions are explained from documents and from artifacts that carry them", () => {
  const documents = concat([sized(utf8("policy.yaml")), sized(utf8(POLICY))]);
  const explain = (from, bytes, request, rule = "", flags = 0) => {
    const { toolgate_alloc, toolgate_free } = compiler.exports;
    const buffers = [bytes, request, utf8(rule)].map((one) => {
      const at = toolgate_alloc(one.length);
      compiler.bytes.set(one, at);
      return [at, one.length];
    });
    const status = compiler.exports[`toolgate_explain_${from}`](...buffers.flat(), flags);
    const said = compiler.text();
    buffers.forEach(([at]) => toolgate_free(at));
    return { status, said };
  };
  const request = utf8('{"action":"pay","input":{"amount":6}}');
  const { status, said } = explain("documents", documents, request);
  assert.equal(status, 0);
  const explanation = JSON.parse(said);
  assert.equal(explanation.decision.decision, "deny");
  assert.deepEqual([explanation.rules[0].rule, explanation.rules[0].near_misses[0].would_be], ["small", "5"]);
  assert.match(explain("documents", documents, request, "", 2).said, /^not safe to show to a model/);
  assert.equal(JSON.parse(explain("documents", documents, utf8('{"action":"ask"}'), "what", CLARIFIED).said).decision.decision, "allow");
  compiler.put(documents);
  assert.equal(compiler.exports.toolgate_compile_with_sources(compiler.address, documents.length), 0);
  const carrying = compiler.output();
  assert.equal(explain("artifact", carrying, request).said, said);
  const { host } = loaded();
  assert.equal(host.decide(host.load(carrying), ALLOWED).verdict, "allow");
  for (const [outcome, code] of [
    [explain("documents", documents, request, 'sm"all\\\u0000'), "host/unknown-rule"],
    [explain("documents", documents, request, "", 4), "host/flags"],
    [explain("documents", concat([sized(utf8("a")), sized(utf8("rules: 5"))]), request), "host/policy"],
    [explain("artifact", artifact, request), "host/no-sources"],
    [explain("artifact", documents, request), "load/magic"],
  ]) {
    assert.equal(outcome.status, -1);
    assert.equal(JSON.parse(outcome.said).code, code);
  }
});

test("hostile documents are diagnosed, not trapped on", () => {
  const many = 100_000;
  for (const text of [
    "[".repeat(many),
    "{a: ".repeat(many),
    `rules: [{id: a, decision: allow, when: ${"{a: ".repeat(many)}`,
    `rules: [{id: a, decision: allow, if: "${"(".repeat(many)}"}]`,
    `rules: [{id: a, decision: allow, if: "${"!".repeat(many)}a.b"}]`,
    `rules: [{id: a, decision: allow, if: "${"a.b && ".repeat(many)}a.b"}]`,
    "- ".repeat(many),
    "\u0000",
  ]) {
    for (const name of ["policy.yaml", "policy.json"]) {
      const { artifact, diagnostics } = compiler.compile([{ name, text: utf8(text) }]);
      assert.equal(artifact, undefined);
      assert.ok(diagnostics.length > 0);
    }
  }
});
