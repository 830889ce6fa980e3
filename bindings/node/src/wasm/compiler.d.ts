/** The compiler as a module, compiled once. The build writes this: inlined, or imported where bytes may not be compiled. */
export declare function compiler(): WebAssembly.Module;
