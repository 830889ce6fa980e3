//! The byte layout that the compiler writes and the loader reads.

/// First eight bytes of every artifact.
pub const MAGIC: [u8; 8] = *b"TOOLGATE";
/// The format this runtime loads. There is no earlier one.
pub const VERSION: u32 = 1;
/// Stands for "none" wherever an index or an offset is expected.
pub const NONE: u32 = u32::MAX;
/// Bytes before the first section: magic, version, length, digest, policy digest, section table.
pub const HEADER_LEN_BYTES: usize = 8 + 4 + 4 + 32 + 32 + SECTIONS * 8;
/// Offset of the artifact's own digest in the header.
pub const DIGEST_AT: usize = 16;
/// Everything from here to the end is what the digest covers, preceded by the sixteen bytes before the digest.
pub const DIGESTED_FROM: usize = DIGEST_AT + 32;
/// Offset of the policy's digest in the header.
pub const POLICY_DIGEST_AT: usize = DIGESTED_FROM;
/// Offset of the section table: byte offset and byte length of each section.
pub const SECTION_TABLE_AT: usize = POLICY_DIGEST_AT + 32;

/// The sections, in the order of the section table and of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Section {
    /// [`POLICY_WORDS`] words: the default and the well-known fields.
    Policy,
    /// Fields the policy reads, a tree: [`FIELD_WORDS`] words each, parents first, children of one parent adjacent.
    Fields,
    /// Rules in document order: [`RULE_WORDS`] words each.
    Rules,
    /// What few rules have: [`EXTRA_WORDS`] words each.
    Extras,
    /// Condition nodes: [`NODE_WORDS`] words each, parents first.
    Nodes,
    /// List patterns: [`LIST_WORDS`] words each.
    Lists,
    /// Sets of scalars: [`SET_WORDS`] words each.
    Sets,
    /// Hash slots of sets: [`SLOT_WORDS`] words each.
    Slots,
    /// Exact numbers: [`NUMBER_WORDS`] words each.
    Numbers,
    /// Index nodes: [`INDEX_NODE_WORDS`] words each, parents first.
    IndexNodes,
    /// Index tables: [`TABLE_WORDS`] words each.
    Tables,
    /// Slots of tables: [`KEY_WORDS`] words each.
    Keys,
    /// What a decision reads once the tables have led it somewhere, so that it lies together: keys, each with the postings
    /// behind it, and each posting with the checks of its rule. Words; see [`ENTRY_IS_NODE`] and [`POSTING_LAST`].
    Runs,
    /// Requirements: [`TEXT_WORDS`] words each.
    Requirements,
    /// Automata: [`AUTOMATON_WORDS`] words each.
    Automata,
    /// Single words: children of range tables, lengths of prefixes, requirements of rules, automaton tables.
    Words,
    /// Bytes that everything else points into.
    Text,
    /// For people alone, and usually empty: the documents that the policy was compiled from. Their count, for each the
    /// length of its name and of its text, then each name and its text.
    Sources,
}

/// How many sections there are.
pub const SECTIONS: usize = 18;

/// All sections in order.
pub const ALL_SECTIONS: [Section; SECTIONS] = [
    Section::Policy,
    Section::Fields,
    Section::Rules,
    Section::Extras,
    Section::Nodes,
    Section::Lists,
    Section::Sets,
    Section::Slots,
    Section::Numbers,
    Section::IndexNodes,
    Section::Tables,
    Section::Keys,
    Section::Runs,
    Section::Requirements,
    Section::Automata,
    Section::Words,
    Section::Text,
    Section::Sources,
];

impl Section {
    /// The name used in messages and docs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Section::Policy => "policy",
            Section::Fields => "fields",
            Section::Rules => "rules",
            Section::Extras => "extras",
            Section::Nodes => "nodes",
            Section::Lists => "lists",
            Section::Sets => "sets",
            Section::Slots => "slots",
            Section::Numbers => "numbers",
            Section::IndexNodes => "index-nodes",
            Section::Tables => "tables",
            Section::Keys => "keys",
            Section::Runs => "runs",
            Section::Requirements => "requirements",
            Section::Automata => "automata",
            Section::Words => "words",
            Section::Text => "text",
            Section::Sources => "sources",
        }
    }

    /// Size of one record in bytes.
    #[must_use]
    pub const fn record_len_bytes(self) -> usize {
        let words: usize = match self {
            Section::Policy => POLICY_WORDS,
            Section::Fields => FIELD_WORDS,
            Section::Rules => RULE_WORDS,
            Section::Extras => EXTRA_WORDS,
            Section::Nodes => NODE_WORDS,
            Section::Lists => LIST_WORDS,
            Section::Sets => SET_WORDS,
            Section::Slots => SLOT_WORDS,
            Section::Numbers => NUMBER_WORDS,
            Section::IndexNodes => INDEX_NODE_WORDS,
            Section::Tables => TABLE_WORDS,
            Section::Keys => KEY_WORDS,
            Section::Requirements => TEXT_WORDS,
            Section::Automata => AUTOMATON_WORDS,
            Section::Runs | Section::Words => 1,
            Section::Text | Section::Sources => return 1,
        };
        words.saturating_mul(4)
    }
}

/// Default decision, risk, message (offset, length), requirements (first, count), root index node, then the fields
/// `action`, `action.name`, `action.input`, `actor`, `actor.id`, `resource`, `resource.id`, `context`, then the shared checks
/// (word in [`Section::Runs`], length in words), at most [`SHARED_MAX`], then the mask of what a slot of a table says of its entry.
pub const POLICY_WORDS: usize = 18;
/// Parent, key (offset, length), low half of the key's hash, first child, child count, pointer (offset, length), flags.
pub const FIELD_WORDS: usize = 9;
/// Id (offset, length); the rule's properties in the low bits, then the length of its rest in words from [`REST_LEN_SHIFT`] on;
/// the word of its home or [`NONE`], the word of its rest or [`NONE`], both in [`Section::Runs`]; extra or [`NONE`].
///
/// What a rule asks is written once: its **home** is the first of its postings without [`POSTING_REFERS`], and its **rest** is
/// what the home leaves out because the way there has proven it, or everything if there is no home. A rest is a mask of shared checks
/// and then checks. All that the rule asks is both masks, the rest's checks, and then the home's: the order that the checks of
/// its other postings keep too.
pub const RULE_WORDS: usize = 6;
/// Shift of the length of the rest in a rule.
pub const REST_LEN_SHIFT: u32 = 8;
/// Message (offset, length), requirements (first, count), tree node or [`NONE`].
pub const EXTRA_WORDS: usize = 5;
/// Operation, then three operands.
pub const NODE_WORDS: usize = 4;
/// First node, alternatives asked of the value, alternatives asked of both, alternatives asked of each element.
pub const LIST_WORDS: usize = 4;
/// Flags, first slot, slot mask, first number, number count.
pub const SET_WORDS: usize = 5;
/// Low half of the hash, text (offset, length). An empty slot has [`NONE`] as offset.
pub const SLOT_WORDS: usize = 3;
/// A [`crate::json::Number`].
pub const NUMBER_WORDS: usize = 9;
/// First word of a run of postings or [`NONE`], first table, table count.
pub const INDEX_NODE_WORDS: usize = 3;
/// Set in a child that is no index node but the first word of a run of postings, which one with [`POSTING_LAST`] ends.
pub const CHILD_IS_RUN: u32 = 1 << 31;
/// In the bits of a mask that the policy says, the word of a key's entry; in the others those of the lower half of the key's hash. [`NONE`] is an empty slot. [`super::places`] tells which slot is a key's.
///
/// An entry is the key's length in bytes, its bytes in whole words filled up with zeros, and then a run of postings, or an
/// index node if the length has [`ENTRY_IS_NODE`].
pub const KEY_WORDS: usize = 1;
/// Set in the first word of an entry: behind the key stands an index node.
pub const ENTRY_IS_NODE: u32 = 1 << 31;
/// Set in the first word of an entry: keys with hashes too much alike share its slot, and behind the key stands first the word
/// of the next one's entry.
pub const ENTRY_HAS_NEXT: u32 = 1 << 30;
/// A key of a table with [`TABLE_LINKED`] has before the first word of its entry the words of those entries that tables of affixes have
/// for it. The first word says from this bit on how many there are.
pub const ENTRY_LINKS_SHIFT: u32 = 27;
/// Most links that an entry can have.
pub const ENTRY_LINKS_MAX: u32 = 7;
/// Kind, field, first slot or child word, slot or position count, first affix word or number, affix length or number
/// count, door, first multiplier among the words.
pub const TABLE_WORDS: usize = 8;
/// Set in a table's kind: an array at the field is in doubt, and its elements lead nowhere.
pub const TABLE_SINGLE: u32 = 1 << 8;
/// Set in a table's kind. Of whole texts: its keys have links. Of beginnings or ends: the table of whole texts that its node has for the
/// same field comes before it and has links to all that it has for such a text, so it need only be asked about others.
pub const TABLE_LINKED: u32 = 1 << 9;
/// An affix length of a table: the length, then a bit for each byte that ends such a prefix or part, or begins such a suffix. Most
/// prefixes of a policy end in a few separators, so most lengths are passed over without a look at the table.
pub const AFFIX_WORDS: u32 = 9;
/// Words that each posting begins with: the rule; the rule's properties in the low bits, then the length of the checks in words
/// from [`POSTING_LEN_SHIFT`] on, [`POSTING_REFERS`], [`POSTING_LAST`]; the mask of the rule's shared checks. Behind them stand
/// the rule's own checks. Checks that the way to the posting has proven are left out, of the mask as well.
pub const POSTING_WORDS: usize = 3;
/// Shift of the length of the checks in a posting.
pub const POSTING_LEN_SHIFT: u32 = 8;
/// Longest checks that a posting can have.
pub const CHECKS_LEN_MAX: u32 = (1 << 22) - 1;
/// Most shared checks: one bit each in a rule's mask.
pub const SHARED_MAX: usize = 32;
/// The posting has no checks, and stands for all of the rule's conditions. What seldom opens need not repeat them.
pub const POSTING_REFERS: u32 = 1 << 30;
/// The last posting of a run.
pub const POSTING_LAST: u32 = 1 << 31;
/// Offset, length.
pub const TEXT_WORDS: usize = 2;
/// Class map (text offset of 256 bytes), classes per state, first transition word, state count, start state, first word of
/// the accepting bits.
pub const AUTOMATON_WORDS: usize = 6;

/// Rule properties: decision in bits 0–1, risk + 1 in bits 2–4 (0: none).
pub const RULE_DECISION_MASK: u32 = 0b11;
/// Shift of the risk.
pub const RULE_RISK_SHIFT: u32 = 2;
/// Mask of the risk after shifting.
pub const RULE_RISK_MASK: u32 = 0b111;
/// The rule is enforced, not shadow.
pub const RULE_ENFORCED: u32 = 1 << 5;
/// The rule's document is not `tighten_only`: true lifts the default.
pub const RULE_LIFTS: u32 = 1 << 6;
/// The rule has a message or requirements, which a decision of it has to fetch.
pub const RULE_TELLS: u32 = 1 << 7;

/// All bits of a rule's properties.
pub const RULE_PROPERTIES_MASK: u32 = 0xff;

/// Checks: the conditions of most rules, in few words. The first word of each is the operation in bits 0–2, three flags, how
/// many words of operands follow from [`CHECK_LEN_SHIFT`] on, a number of five bits from [`CHECK_NUMBER_SHIFT`] on, and the
/// field in the upper half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CheckOp {
    /// The condition node in the next word, for whatever has no check of its own.
    Node,
    /// The text in the words that follow; the number tells how many bytes of the last one are not part of it.
    Text,
    /// One of the texts in the words that follow: of each the length in bytes, then its bytes in whole words.
    Texts,
    /// Begins with such a text.
    Prefix,
    /// Ends with such a text.
    Suffix,
    /// A number within bounds. The number tells which there are ([`RANGE_LOW`], [`RANGE_HIGH`]) and which are within
    /// ([`RANGE_LOW_INSIDE`], [`RANGE_HIGH_INSIDE`]); each is a [`crate::json::Number`] of at most 16 digits, in
    /// [`BOUND_WORDS`] words.
    Range,
    /// Present if the number is 1, absent if 0; asked of an array as a whole.
    Exists,
    /// Equal to true if the number is 1, to false if 0.
    Bool,
}

impl CheckOp {
    /// The operation behind the low bits of a check.
    #[must_use]
    #[inline]
    pub const fn from_word(word: u32) -> Self {
        match word & 7 {
            0 => CheckOp::Node,
            1 => CheckOp::Text,
            2 => CheckOp::Texts,
            3 => CheckOp::Prefix,
            4 => CheckOp::Suffix,
            5 => CheckOp::Range,
            6 => CheckOp::Exists,
            _ => CheckOp::Bool,
        }
    }
}

/// An array is one value, and none that the check could be true or false of.
pub const CHECK_ONE: u32 = 1 << 3;
/// The check's value is negated, and what several values on the way count is turned round.
pub const CHECK_NOT: u32 = 1 << 4;
/// The answer for each value is negated (`anything-but`).
pub const CHECK_BUT: u32 = 1 << 5;
/// Shift of the number of operands in a check.
pub const CHECK_LEN_SHIFT: u32 = 6;
/// Most words of operands.
pub const CHECK_LEN_MAX: u32 = 0x1f;
/// Shift of the number in a check.
pub const CHECK_NUMBER_SHIFT: u32 = 11;
/// Largest number in a check.
pub const CHECK_NUMBER_MAX: u32 = 0x1f;
/// The number of a check in a rest whose text is the key of an entry: the one operand is the word of the entry.
pub const CHECK_OF_ENTRY: u32 = 16;
/// Shift of the field in a check.
pub const CHECK_FIELD_SHIFT: u32 = 16;
/// Largest field that a check can ask.
pub const CHECK_FIELD_MAX: u32 = 0xffff;
/// There is a lower bound; it comes first.
pub const RANGE_LOW: u32 = 1;
/// The lower bound is within.
pub const RANGE_LOW_INSIDE: u32 = 2;
/// There is an upper bound.
pub const RANGE_HIGH: u32 = 4;
/// The upper bound is within.
pub const RANGE_HIGH_INSIDE: u32 = 8;
/// Head, then the first limb, high half first.
pub const BOUND_WORDS: usize = 3;

/// Field flag: a condition or a table asks this field itself.
pub const FIELD_READ: u32 = 1;
/// Field flag: a set wants the hash of this field's text.
pub const FIELD_HASHED: u32 = 2;
/// Field flag: a condition or table wants this field as a number.
pub const FIELD_NUMERIC: u32 = 4;
/// Field flag: a table at the root of the index wants the hash of this field's text.
pub const FIELD_SOUGHT: u32 = 8;

/// Set flag: null is a member.
pub const SET_NULL: u32 = 1;
/// Set flag: true is a member.
pub const SET_TRUE: u32 = 2;
/// Set flag: false is a member.
pub const SET_FALSE: u32 = 4;
/// Set flag: strings are members.
pub const SET_STRINGS: u32 = 8;
/// Set flag: numbers are members.
pub const SET_NUMBERS: u32 = 16;

/// Kinds of index tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TableKind {
    /// Whole strings.
    Exact,
    /// Beginnings of strings; one probe for each length that exists.
    Prefix,
    /// Ends of strings; likewise.
    Suffix,
    /// Numbers: a segment tree over the positions at and between sorted bounds.
    Range,
    /// What strings contain; one probe at each byte for each length that exists.
    Part,
    /// Whole hosts of URLs. This and all that follow are about what a string says, and in doubt if it does not say that plainly.
    Host,
    /// Ends of hosts of URLs, from a dot on.
    HostBelow,
    /// Whole domains of addresses.
    EmailDomain,
    /// Beginnings of absolute paths, without the slash before them and with one behind each segment.
    AbsolutePath,
    /// Beginnings of relative paths.
    RelativePath,
    /// Beginnings of addresses of the internet protocol: the digit of the version, and then a digit for each bit.
    Address,
    /// Whole strings in lower case.
    Folded,
    /// Beginnings of strings in lower case.
    FoldedPrefix,
    /// Ends of strings in lower case.
    FoldedSuffix,
}

impl TableKind {
    /// The kind behind a word of the artifact.
    #[must_use]
    pub const fn from_word(word: u32) -> Option<Self> {
        Some(match word {
            0 => TableKind::Exact,
            1 => TableKind::Prefix,
            2 => TableKind::Suffix,
            3 => TableKind::Range,
            4 => TableKind::Part,
            5 => TableKind::Host,
            6 => TableKind::HostBelow,
            7 => TableKind::EmailDomain,
            8 => TableKind::AbsolutePath,
            9 => TableKind::RelativePath,
            10 => TableKind::Address,
            11 => TableKind::Folded,
            12 => TableKind::FoldedPrefix,
            13 => TableKind::FoldedSuffix,
            _ => return None,
        })
    }

    /// How it finds its keys.
    #[must_use]
    pub const fn shape(self) -> Shape {
        match self {
            TableKind::Exact | TableKind::Host | TableKind::EmailDomain | TableKind::Folded => Shape::Whole,
            TableKind::Prefix | TableKind::AbsolutePath | TableKind::RelativePath | TableKind::Address | TableKind::FoldedPrefix => {
                Shape::Beginning
            }
            TableKind::Suffix | TableKind::HostBelow | TableKind::FoldedSuffix => Shape::End,
            TableKind::Part => Shape::Part,
            TableKind::Range => Shape::Number,
        }
    }

    /// Whether its keys are looked for in the value as it stands, and not in what that says.
    #[must_use]
    pub const fn is_of_value(self) -> bool {
        matches!(self, TableKind::Exact | TableKind::Prefix | TableKind::Suffix | TableKind::Part | TableKind::Range)
    }
}

/// How a table finds its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// By a whole text.
    Whole,
    /// By each beginning of a text of a length that some key has.
    Beginning,
    /// By each end, likewise.
    End,
    /// Before each byte of a text, likewise.
    Part,
    /// By a number's position among bounds.
    Number,
}

macro_rules! ops {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a condition node asks. Operands are named `a`, `b`, `c`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $name,)* }

        impl Op {
            /// Every operation, in the order of their words.
            pub const ALL: &[Op] = &[$(Op::$name,)*];
        }
    };
}

ops! {
    /// And of nodes `a .. a + b`.
    And,
    /// Or of nodes `a .. a + b`.
    Or,
    /// Not of node `a`; flips the polarity.
    Not,
    /// Object pattern at field `a`: node `b`.
    Descend,
    /// List pattern `b` at field `a`.
    List,
    /// List pattern at field `a` whose alternatives, nodes `b .. b + c`, are all asked of each element.
    Each,
    /// Alternative: node `a` asked of the value and node `b` asked of the element.
    Both,
    /// Operators and-ed: nodes `a .. a + b`.
    Operators,
    /// `anything-but`: not of the any-of nodes `a .. a + b`.
    AnythingBut,
    /// Equal to null.
    IsNull,
    /// Equal to the bool `a`.
    IsBool,
    /// Equal to number `a`.
    IsNumber,
    /// Equal to text `a`, `b` (offset, length).
    IsString,
    /// Member of set `a`.
    In,
    /// Begins with text `a`, `b`.
    Prefix,
    /// Ends with text `a`, `b`.
    Suffix,
    /// Begins with text `a`, `b`, ASCII case ignored.
    PrefixIgnoreCase,
    /// Ends with text `a`, `b`, ASCII case ignored.
    SuffixIgnoreCase,
    /// Equals text `a`, `b`, ASCII case ignored.
    EqualsIgnoreCase,
    /// Wildcard in the encoding of [`crate::matcher::wildcard`]: bytes at text `a`, `b`; number of words at word `c`, then the
    /// words.
    Wildcard,
    /// Contains text `a`, `b`; failure table at word `c`.
    Contains,
    /// Whole value accepted by automaton `a`.
    Regex,
    /// Between numbers `a` and `b`; bit 0 of `c` takes `a` in, bit 1 `b`.
    Between,
    /// Less than number `a`.
    Less,
    /// At most number `a`.
    LessOrEqual,
    /// Greater than number `a`.
    Greater,
    /// At least number `a`.
    GreaterOrEqual,
    /// Address in the v4 network `a` of prefix length `b`.
    CidrV4,
    /// Address in the v6 network whose sixteen big-endian bytes stand at text `a`, of prefix length `b`.
    CidrV6,
    /// Host of a URL is text `a`, `b`, or below it if `c` is 1.
    Host,
    /// Domain of an e-mail address is text `a`, `b`.
    EmailDomain,
    /// Path is at or under text `a`, `b`; absolute if `c` is 1.
    PathPrefix,
    /// Equals field `a` of the same request.
    Ref,
    /// Present if `a` is 1, absent if 0.
    Exists,
    /// Type is one of the mask `a`.
    Type,
    /// Length compares as `b` (0 `=`, 1 `<`, 2 `<=`, 3 `>`, 4 `>=`) with `a`.
    Length,
    /// Some element matches list pattern `a`.
    Any,
    /// Every element matches list pattern `a`.
    Every,
    /// Any of nodes `b .. b + c` asked of the value at place `a`, which an array is not.
    One,
    /// Values at places `a` and `b` are equal.
    Same,
    /// The number at place `a` is less than that at place `b`, or equal if `c` is 1.
    Ordered,
    /// The text at place `a` begins with that at place `b`.
    StartsWith,
    /// The text at place `a` ends with that at place `b`.
    EndsWith,
    /// The text at place `a` contains that at place `b`.
    Includes,
    /// Node `b` asked of some element of the array at place `a`, the elements as they stand.
    Among,
    /// The value at place `a` is an element of the array at place `b`.
    AmongOf,
    /// Node `b` of every element of the array at place `a`.
    All,
    /// Node `b` of some element of the array at place `a`.
    Some,
    /// Null; false of any other value, an array too.
    NullOrNot,
    /// Length is a member of set `a`.
    SizeIn,
}

/// A place, of conditions of `if`: the field.
pub const PLACE_FIELD_MASK: u32 = (1 << 30) - 1;
/// A place: not the field itself but the size of its value.
pub const PLACE_SIZE: u32 = 1 << 30;
/// A place: the field below the array of the `all` or `exists` around, found in the element.
pub const PLACE_OF_ELEMENT: u32 = 1 << 31;

impl Op {
    /// The operation behind a word of the artifact.
    #[must_use]
    pub fn from_word(word: u32) -> Option<Self> {
        Op::ALL.get(usize::try_from(word).ok()?).copied()
    }

    /// Whether the operation is asked of one value; the others find their values by themselves.
    #[must_use]
    pub fn is_question(self) -> bool {
        use Op::{All, Among, AmongOf, And, Both, Descend, Each, EndsWith, Includes, List, Not, One, Or, Ordered, Same, Some, StartsWith};
        !matches!(
            self,
            And | Or
                | Not
                | Descend
                | List
                | Each
                | Both
                | One
                | Same
                | Ordered
                | StartsWith
                | EndsWith
                | Includes
                | Among
                | AmongOf
                | All
                | Some
        )
    }
}

/// Bit of a type in the mask of [`Op::Type`].
pub mod type_bit {
    /// `string`
    pub const STRING: u32 = 1;
    /// `number`
    pub const NUMBER: u32 = 2;
    /// `bool`
    pub const BOOL: u32 = 4;
    /// `null`
    pub const NULL: u32 = 8;
    /// `array`
    pub const ARRAY: u32 = 16;
    /// `object`
    pub const OBJECT: u32 = 32;
    /// All of them.
    pub const ALL: u32 = 63;
}
