// What an object is decided as. Nothing vanishes: what JSON lacks is an error, and what the law refuses a deny.

import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";

import { RequestError, definePolicy } from "toolgate";

import { thrown } from "./support.mjs";

// Allows what carries no flag: whatever vanished from a request would be allowed.
const policy = definePolicy(`
rules:
  - { id: any, when: { action: run }, unless: { input: { flag: [{ exists: true }] } }, decision: allow }
  - { id: dangerous, when: { action: run, input: { __proto__: { admin: [{ exists: true }] } } }, decision: deny }
`);
const small = definePolicy("rules: [{id: small, when: {action: pay, input: {amount: [{lte: 10}]}}, decision: allow}]");

const request = (flag) => ({ action: "run", input: { flag } });

test("without the flag the policy allows", () => {
  assert.equal(policy.decide({ action: "run" }).decision, "allow");
  assert.equal(policy.decide(request(1)).decision, "deny");
});

class Flag {
  flag = 1;
}

const unwritable = {
  undefined: undefined,
  function: () => 1,
  symbol: Symbol("x"),
  Date: new Date(0),
  Map: new Map([["a", 1]]),
  Set: new Set([1]),
  RegExp: /x/,
  "boxed number": Object(5),
  "boxed string": Object("x"),
  Uint8Array: new Uint8Array(2),
  ArrayBuffer: new ArrayBuffer(2),
  "class instance": new Flag(),
  "inherited member": Object.create({ flag: 1 }),
  "own toJSON": { toJSON: () => undefined },
  "array of a subclass": new (class extends Array {})(),
  Error: new Error("x"),
  Promise: Promise.resolve(1),
};

for (const [name, value] of Object.entries(unwritable)) {
  test(`${name} is an error wherever it stands`, () => {
    for (const place of [value, [value], { a: { b: value } }]) {
      const error = thrown(() => policy.decide(request(place)));
      assert.ok(error instanceof RequestError);
      assert.equal(error.code, "host/type");
      assert.match(error.message, /^`\/input\/flag/);
      assert.equal(thrown(() => policy.verdict(request(place))).code, "host/type");
    }
  });
}

test("what is no request at all is denied or an error", () => {
  for (const value of [null, 5, "run", true, [], [{ action: "run" }], 7n]) assert.equal(policy.decide(value).reason, "request/not-an-object");
  for (const value of [undefined, () => 1, Symbol("x"), new Flag()]) assert.equal(thrown(() => policy.decide(value)).code, "host/type");
});

test("keys that copies would lack are errors", () => {
  const symbol = { [Symbol("flag")]: 1 };
  const hidden = Object.defineProperty({}, "flag", { value: 1, enumerable: false });
  const array = Object.assign([1], { flag: 1 });
  for (const input of [symbol, hidden]) assert.equal(thrown(() => policy.decide({ action: "run", input })).code, "host/key");
  assert.equal(thrown(() => policy.decide({ action: "run", context: { array } })).code, "host/key");
  // biome-ignore lint: a hole is meant
  assert.equal(thrown(() => policy.decide({ action: "run", context: { array: [1, , 2] } })).code, "host/type");
});

test("numbers that JSON lacks are denied", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const { decision, reason, offset } = policy.decide(request(value));
    assert.deepEqual([decision, reason], ["deny", "request/invalid-json"]);
    assert.ok(offset > 0);
  }
});

test("numbers are the decimals that they show", () => {
  const verdict = (amount) => small.verdict({ action: "pay", input: { amount } });
  for (const amount of [10, 10.0, -0, 1e-7, 1e-308, 10n, -5n]) assert.equal(verdict(amount), "allow", `${amount}`);
  for (const amount of [10.000000000000002, 1e21, 11n, 10n ** 400n, Number.MIN_VALUE, "10", true, null]) assert.equal(verdict(amount), "deny", `${amount}`);
  assert.equal(small.decide({ action: "pay", input: { amount: 1n << 40_000_000n } }).reason, "request/too-large");
});

test("lone surrogates are denied, pairs are not", () => {
  assert.equal(policy.decide({ action: "run", context: { a: "\ud83d\ude00" } }).decision, "allow");
  for (const text of ["\ud800", "\udc00x", "x\udc00\ud800", "\ude00\ud83d"]) {
    assert.equal(policy.decide({ action: "run", context: { a: text } }).reason, "request/lone-surrogate");
    assert.equal(policy.decide({ action: "run", context: { [text]: 1 } }).reason, "request/lone-surrogate");
    // In a text it is ill-formed, and is refused where it stands.
    const json = `{"action":"run","context":"${text}"}`;
    const { reason, offset } = policy.decideJson(json);
    assert.deepEqual([reason, offset >= '{"action":"run","context":"'.length], ["request/invalid-utf8", true]);
  }
});

test("cycles and depths are denied without end of the stack", () => {
  const object = { action: "run" };
  object.input = object;
  const array = [];
  array.push(array, array);
  let deep = 1;
  for (let level = 0; level < 100_000; level += 1) deep = { a: deep };
  let nested = [];
  for (let level = 0; level < 100_000; level += 1) nested = [nested];
  let wide = "x";
  for (let level = 0; level < 60; level += 1) wide = [wide, wide];
  for (const value of [object, { action: "run", a: array }, { action: "run", a: deep }, { action: "run", a: nested }]) {
    assert.equal(policy.decide(value).reason, "request/too-deep");
  }
  assert.equal(policy.decide({ action: "run", a: wide }).reason, "request/too-large");
  let fits = 1;
  for (let level = 0; level < 63; level += 1) fits = { a: fits };
  assert.equal(policy.decide({ action: "run", a: fits }).decision, "allow");
  assert.equal(policy.decide({ action: "run", a: { a: fits } }).reason, "request/too-deep");
});

test("what is too large is denied, early", () => {
  const large = "x".repeat(1_048_577);
  for (const value of [{ action: large }, { [large]: 1 }, { action: "run", a: Array(1_100_000).fill(0) }, { action: "run", a: "x".repeat(1_048_560) }]) {
    const { decision, reason, offset } = policy.decide(value);
    assert.deepEqual([decision, reason, offset], ["deny", "request/too-large", 1_048_576]);
  }
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`k${at}`, 1]));
  assert.equal(policy.decide({ action: "run", a: many }).reason, "request/too-many-members");
});

test("getters and proxies are read once", () => {
  let reads = 0;
  const input = {
    get amount() {
      reads += 1;
      return reads === 1 ? 5 : 10_000;
    },
  };
  assert.equal(small.decide({ action: "pay", input }).decision, "allow");
  assert.equal(reads, 1);
  assert.equal(small.decide({ action: "pay", input }).decision, "deny");
  let gets = 0;
  const flips = new Proxy({ amount: 5 }, { get: () => ((gets += 1) === 1 ? 10_000 : 5) });
  assert.equal(small.decide({ action: "pay", input: flips }).decision, "deny", "what the tool reads is decided, not what lies behind");
  assert.equal(gets, 1);
  const boom = () => {
    throw new Error("boom");
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const value of [{ get a() { return boom(); } }, new Proxy({ a: 1 }, { get: boom }), new Proxy({}, { ownKeys: boom }), new Proxy([], { get: boom }), proxy]) {
    const error = thrown(() => policy.decide({ action: "run", a: value }));
    assert.ok(error instanceof RequestError, `${error}`);
    assert.equal(error.code, "host/unreadable");
  }
});

test("a key `__proto__` is a member like any other", () => {
  const own = JSON.parse('{"action":"run","input":{"__proto__":{"admin":true}}}');
  assert.deepEqual(policy.decide(own).rules, ["dangerous"]);
  assert.deepEqual(policy.decideJson(JSON.stringify(own)).rules, ["dangerous"]);
  // Written in source it sets the prototype, and is then no member and no plain object.
  assert.equal(thrown(() => policy.decide({ action: "run", input: { __proto__: { admin: true } } })).code, "host/type");
});

test("nothing is inherited, not from a polluted prototype either", () => {
  Object.prototype.flag = 1;
  Object.prototype.clarified = true;
  Object.prototype.decision = "allow";
  try {
    assert.equal(policy.decide({ action: "run", input: {} }).decision, "allow");
    const ask = definePolicy("rules: [{id: ask, when: {action: run}, decision: clarification_required}]");
    assert.equal(ask.decide({ action: "run" }, {}).decision, "clarification_required");
    assert.equal(ask.decide({ action: "run" }, { clarified: true }).decision, "allow");
    assert.equal(ask.decide({ action: "other" }).decision, "deny");
  } finally {
    delete Object.prototype.flag;
    delete Object.prototype.clarified;
    delete Object.prototype.decision;
  }
});

test("plain objects of other realms and without a prototype are plain", () => {
  for (const value of [vm.runInNewContext('({ action: "run", context: { a: [1, { b: null }] } })'), Object.assign(Object.create(null), { action: "run" })]) {
    assert.equal(policy.decide(value).decision, "allow");
  }
  assert.equal(thrown(() => policy.decide(vm.runInNewContext('({ action: "run", a: new Date() })'))).code, "host/type");
});

test("a getter that closes or asks the policy harms nothing", () => {
  const own = definePolicy("rules: [{id: a, when: {action: run}, decision: allow}]");
  const asks = { get action() { return own.decide({ action: "other" }).decision === "deny" ? "run" : "no"; } };
  assert.equal(own.decide(asks).decision, "allow");
  const closes = { get action() { own.close(); return "run"; } };
  assert.equal(thrown(() => own.decide(closes)).code, "host/closed");
});
