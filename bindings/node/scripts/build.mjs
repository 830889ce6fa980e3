// Builds the package: types and code for ESM, CommonJS and edge runtimes, and the modules, inlined and as files.

import { execFileSync } from "node:child_process";
import { cpSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const tsc = path("node_modules/typescript/bin/tsc");
const modules = { runtime: "engine.wasm", compiler: "compiler.wasm" };

rmSync(path("dist"), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, "--project", path("tsconfig.json")], { stdio: "inherit" });
const commonJs = ["--module", "CommonJS", "--moduleResolution", "node10", "--outDir", path("dist/cjs")];
execFileSync(process.execPath, [tsc, "--project", path("tsconfig.json"), ...commonJs], { stdio: "inherit" });
writeFileSync(path("dist/cjs/package.json"), '{ "type": "commonjs" }\n');
cpSync(path("dist/esm"), path("dist/edge"), { recursive: true, filter: (name) => !name.endsWith(".d.ts") });

for (const [name, file] of Object.entries(modules)) {
  const variable = `TOOLGATE_${name.toUpperCase()}_WASM`;
  const from = process.env[variable];
  if (from === undefined) throw new Error(`${variable} must name the module; \`cargo xtask node\` builds it and this package`);
  copyFileSync(from, path(`dist/${file}`));
  for (const format of ["esm", "cjs", "edge"]) mkdirSync(path(`dist/${format}/wasm`), { recursive: true });
  const text = readFileSync(from).toString("base64");
  const inlined = `let compiled;
/** The module, compiled when it is used for the first time. */
function ${name}() {
  return (compiled ??= new WebAssembly.Module(decode("${text}")));
}
function decode(text) {
  if (typeof Buffer === "function") return Buffer.from(text, "base64");
  return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
}
`;
  writeFileSync(path(`dist/esm/wasm/${name}.js`), `${inlined}export { ${name} };\n`);
  writeFileSync(path(`dist/cjs/wasm/${name}.js`), `"use strict";\n${inlined}exports.${name} = ${name};\n`);
  // Edge runtimes compile what they are deployed with and nothing else.
  writeFileSync(path(`dist/edge/wasm/${name}.js`), `import module from "../../${file}";\nexport const ${name} = () => module;\n`);
}
for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(path(`../../${name}`), path(name));
