// Package toolgate decides, before an AI agent's tool call runs, whether it may.
//
// [Compile] makes a [Policy] out of documents, [Load] out of an artifact that was compiled before. [Policy.Decide] answers
// for one call: allow, approval required, clarification required or deny. The engine is Toolgate's own, in WebAssembly and
// without cgo, so the same bytes get the same decision as in every other host.
//
// Whatever fails is no permission: with every error comes a decision that denies, and the zero [Decision] and the zero
// [Verdict] are denials too.
package toolgate

// Version is that of the package and of the engine in it.
const Version = "0.1.0"
