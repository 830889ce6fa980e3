//! The lines of the table.

use crate::peer::Kind;
use crate::{casbin, cedar, common_expression, datalogic, naive, quamina, rego, toolgate, zen};

/// All of them, in the order of the table.
pub const KINDS: [Kind; 14] = [
    Kind { name: "toolgate-json", how: "full decision", translate: toolgate::translate_json, artifact: Some(toolgate::artifact), ..OURS },
    Kind { name: "toolgate-verdict", how: "verdict alone", translate: toolgate::translate_verdict, ..OURS },
    Kind { name: "toolgate-fields", how: "full decision, from fields", translate: toolgate::translate_fields, ..OURS },
    Kind { name: "quamina", package: "quamina", how: "one automaton of patterns", translate: quamina::translate, ..OURS },
    Kind { name: "by-hand", how: "serde_json into a tree, then a scan", translate: naive::translate, ..OURS },
    Kind { name: "by-hand-struct", how: "serde_json into a struct, then a scan", translate: naive::translate_struct, ..OURS },
    Kind { name: "zen", package: "zen-engine", how: "one decision table, first hit", translate: zen::translate, ..OURS },
    Kind {
        name: "regorus-indexed",
        package: "regorus",
        how: "its virtual machine, rules as data behind an index by hand",
        translate: rego::translate_indexed,
        ..OURS
    },
    Kind { name: "regorus", package: "regorus", how: "its interpreter, one rule a rule", translate: rego::translate, ..OURS },
    Kind { name: "datalogic", package: "datalogic-rs", how: "one logic a rule", translate: datalogic::translate, ..OURS },
    Kind {
        name: "casbin",
        package: "casbin",
        how: "rows of a table; an easier policy",
        translate: casbin::translate,
        keeps: Some(casbin::keeps),
        ..OURS
    },
    Kind { name: "cedar", package: "cedar-policy", how: "from JSON, through a struct", translate: cedar::translate, ..OURS },
    Kind { name: "cedar-prebuilt", package: "cedar-policy", how: "requests made before", translate: cedar::translate_prebuilt, ..OURS },
    Kind { name: "cel", package: "cel", how: "one program a rule", translate: common_expression::translate, ..OURS },
];

/// What most lines have in common.
const OURS: Kind = Kind { name: "", package: "", how: "", translate: naive::translate, keeps: None, artifact: None };

/// The line of that name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    const ALL: &[Kind] = &KINDS;
    ALL.iter().find(|kind| kind.name == name)
}

/// The version of a package that the lock file names.
#[must_use]
pub fn version(package: &str) -> Option<&'static str> {
    let (_, rest) = include_str!("../Cargo.lock").split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split('"').next()
}
