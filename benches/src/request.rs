//! Requests as trees: what the oracle looks at, and what is written out as bytes.

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// In hundredths.
    Number(i64),
    String(String),
    List(Vec<Value>),
    Object(Vec<(&'static str, Value)>),
}

/// What stands at a path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'r> {
    Absent,
    /// Below something that is no object.
    Opaque,
    Value(&'r Value),
}

/// Segments of a path as a policy writes it: `action` is the action's name, `input` is the action's input.
pub type Path = &'static [&'static str];

/// A string value.
pub(crate) fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

/// The segments of a path from the request's root.
pub fn written_out(path: Path) -> impl Iterator<Item = &'static str> {
    let (root, rest) = path.split_first().map_or((&"", [].as_slice()), |(root, rest)| (root, rest));
    let head: &'static [&'static str] = match *root {
        "action" => &["action", "name"],
        "input" => &["action", "input"],
        _ => std::slice::from_ref(root),
    };
    head.iter().chain(rest).copied()
}

impl Value {
    /// What stands at a path.
    pub(crate) fn at(&self, path: Path) -> Found<'_> {
        let mut value = self;
        for segment in written_out(path) {
            let Value::Object(members) = value else { return Found::Opaque };
            match members.iter().find(|(key, _)| *key == segment) {
                Some((_, member)) => value = member,
                None => return Found::Absent,
            }
        }
        Found::Value(value)
    }

    /// The member at a path, made if it is not there; everything on the way is an object.
    pub(crate) fn place(&mut self, path: Path) -> &mut Value {
        let mut value = self;
        for segment in written_out(path) {
            if !matches!(value, Value::Object(_)) {
                *value = Value::Object(Vec::new());
            }
            let Value::Object(members) = value else { unreachable!("it has just been made one") };
            let at = members.iter().position(|(key, _)| *key == segment).unwrap_or_else(|| {
                members.push((segment, Value::Null));
                members.len() - 1
            });
            value = &mut members[at].1;
        }
        value
    }

    /// Takes the member at a path away.
    pub(crate) fn remove(&mut self, path: Path) {
        let segments: Vec<_> = written_out(path).collect();
        let Some((last, way)) = segments.split_last() else { return };
        let mut value = self;
        for segment in way {
            let Value::Object(members) = value else { return };
            let Some((_, member)) = members.iter_mut().find(|(key, _)| key == segment) else { return };
            value = member;
        }
        if let Value::Object(members) = value {
            members.retain(|(key, _)| key != last);
        }
    }

    /// Writes the value as JSON without white space.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(hundredths) => write_number(*hundredths, out),
            Value::String(value) => write_string(value, out),
            Value::List(elements) => {
                out.push('[');
                separated(elements, out, Value::write);
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                separated(members, out, |(key, value), out| {
                    write_string(key, out);
                    out.push(':');
                    value.write(out);
                });
                out.push('}');
            }
        }
    }
}

/// Writes items with commas between them.
pub(crate) fn separated<T>(items: impl IntoIterator<Item = T>, out: &mut String, mut write: impl FnMut(T, &mut String)) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
}

/// Writes hundredths as a number, without decimals if they are none.
pub(crate) fn write_number(hundredths: i64, out: &mut String) {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    *out += &whole.to_string();
    if rest != 0 {
        *out += &format!(".{rest:02}");
    }
}

/// Writes a string; the generator makes none with control characters.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
}
