//! Every limit of the compiler, in one table.
//!
//! They count what an author writes or what an automaton has, never bytes of some builder, so that every platform
//! refuses the same policies. Exceeding one is an error whose code begins with `limit/`.

/// Bytes of one document; `limit/document-bytes`.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Depth of lists and mappings in a document, the outermost being 1; `limit/nesting`.
///
/// Far more than any rule may use: it only keeps hostile text from exhausting the stack.
pub const TREE_DEPTH_MAX: usize = 128;

/// Depth of one rule's conditions; `limit/nesting`.
///
/// `when` and `unless` are 1; each object pattern, `$or` branch, `$not`, `any` and `every` in them is one more. `if` is 1;
/// each parenthesis, `!` and body of `all` or `exists` in it is one more.
pub const NESTING_MAX: usize = 32;

/// Conditions in one rule; `limit/conditions`.
///
/// Every operator is one, and so are all plain scalars of one list together. In `if` every comparison is one, and so is
/// every path that stands alone and every call that is a condition.
pub const CONDITIONS_MAX: usize = 1_024;

/// Alternatives in one list, named lists and lists in `if` included; `limit/alternatives`.
pub const ALTERNATIVES_MAX: usize = 100_000;

/// Rules in one policy; `limit/rules`.
pub const RULES_MAX: usize = 1_000_000;

/// Depth of groups, repetitions and classes in one regular expression; `operand/regex`.
pub const REGEX_NESTING_MAX: u32 = 128;

/// Code points of one regular expression; `limit/pattern-states`.
///
/// A cheap first bound: an expression has about as many states as characters or more.
pub const REGEX_CHARACTERS_MAX: usize = 16_384;

/// Ranges in the classes of all regular expressions together; `limit/pattern-states-total`.
///
/// Three characters such as `\pL` stand for hundreds of ranges, so the text's length alone bounds nothing.
pub const REGEX_RANGES_TOTAL_MAX: usize = 4_000_000;

/// States of one pattern's automaton before it is made deterministic; `limit/pattern-states`.
pub const PATTERN_NFA_STATES_MAX: u32 = 16_384;

/// States of one pattern's deterministic automaton; `limit/pattern-states`.
pub const PATTERN_STATES_MAX: u32 = 16_384;

/// States of all deterministic automata of a policy; `limit/pattern-states-total`.
pub const PATTERN_STATES_TOTAL_MAX: u32 = 1_048_576;
