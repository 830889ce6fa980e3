// Watches the instances that the package makes. To be imported before the package.

const Real = WebAssembly.Instance;

/** Instances in the order they were made. */
export const instances = [];

/** Set to make an export of later calls throw as a trap does. */
export const trapped = new Set();

WebAssembly.Instance = class {
  constructor(module) {
    const { exports } = new Real(module);
    const watched = Object.fromEntries(
      Object.entries(exports).map(([name, value]) => [
        name,
        typeof value !== "function"
          ? value
          : (...numbers) => {
              if (trapped.has(name)) throw new WebAssembly.RuntimeError("unreachable");
              return value(...numbers);
            },
      ]),
    );
    instances.push(watched);
    return { exports: watched };
  }
};

/** What a function throws. */
export function thrown(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
