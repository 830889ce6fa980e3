//! `if` as conditions: over fields, like those of `when`, so that the index need not know where one comes from.

use super::condition::{Ask, Condition, Lowering, Text};
use super::fields::FieldId;
use crate::ir::expr::{Argument, Base, Expr, Members, Operand, Path, Quantifier, TextMethod};
use crate::ir::{Comparison, Decimal, Scalar, TextTest};

/// Where a condition of `if` finds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Of an element, a field below the array's.
    pub field: FieldId,
    /// Found in the element that the `all` or `exists` around is at.
    pub of_element: bool,
}

/// One side of a comparison whose other side is no literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Value(Place),
    Size(Place),
}

impl<'p> Lowering<'_> {
    /// `array` is that of the `all` or `exists` around.
    pub(super) fn expr(&self, expr: &'p Expr, array: FieldId) -> Condition<'p> {
        let all = |parts: &'p [Expr]| parts.iter().map(|part| self.expr(part, array)).collect();
        let one = |path: &Path, ask: Ask<'p>| Condition::One(self.place(path, array), ask);
        match expr {
            Expr::And(parts) => Condition::And(all(parts)),
            Expr::Or(parts) => Condition::Or(all(parts)),
            Expr::Not(part) => Condition::Not(Box::new(self.expr(part, array))),
            Expr::Flag(path) => one(path, Ask::Scalar(&Scalar::Bool(true))),
            Expr::Has(path) => one(path, Ask::Exists(true)),
            Expr::Matches(path, regex) => one(path, Ask::Search(regex)),
            Expr::Text(path, method, Argument::Literal(text)) => one(path, Ask::Text(text_test(*method, text))),
            Expr::Text(path, method, Argument::Path(other)) => Condition::Text(*method, self.place(path, array), self.place(other, array)),
            Expr::Equal(Operand::Path(path), Operand::Literal(Scalar::Null)) => one(path, Ask::Null),
            Expr::Equal(Operand::Path(path), Operand::Literal(scalar)) => one(path, Ask::Scalar(scalar)),
            Expr::Equal(Operand::Size(path), Operand::Literal(Scalar::Number(size))) => one(path, length(Comparison::Equal, size)),
            Expr::Equal(a, b) => match (self.side(a, array), self.side(b, array)) {
                (Some(a), Some(b)) => Condition::Same(a, b),
                _ => Condition::Or(Vec::new()),
            },
            Expr::Compare(Operand::Path(path), how, Operand::Literal(Scalar::Number(number))) => one(path, Ask::Compare(*how, number)),
            Expr::Compare(Operand::Size(path), how, Operand::Literal(Scalar::Number(size))) => one(path, length(*how, size)),
            Expr::Compare(a, how, b) => match (self.side(a, array), self.side(b, array)) {
                (Some(a), Some(b)) => ordered(a, *how, b),
                _ => Condition::Or(Vec::new()),
            },
            Expr::In(x, members) => self.is_in(x, members, array),
            Expr::Over(path, quantifier, body) => {
                let place = self.place(path, array);
                let body = self.expr(&body.condition, place.field);
                Condition::Over(place, *quantifier == Quantifier::All, Box::new(body))
            }
        }
    }

    fn is_in(&self, x: &'p Operand, members: &'p Members, array: FieldId) -> Condition<'p> {
        let literals = |literals: &'p [Scalar]| literals.iter().collect();
        match (x, members) {
            (Operand::Path(path), Members::Literals(of)) => Condition::One(self.place(path, array), Ask::Set(literals(of))),
            (Operand::Path(path), Members::List(list)) => Condition::One(self.place(path, array), Ask::In(*list)),
            (Operand::Size(path), Members::Literals(of)) => Condition::One(self.place(path, array), Ask::SizeSet(literals(of))),
            (Operand::Size(path), Members::List(list)) => Condition::One(self.place(path, array), Ask::SizeIn(*list)),
            (Operand::Literal(Scalar::Null), Members::Path(path)) => Condition::Among(self.place(path, array), Ask::Null),
            (Operand::Literal(scalar), Members::Path(path)) => Condition::Among(self.place(path, array), Ask::Scalar(scalar)),
            (Operand::Path(x), Members::Path(path)) => Condition::AmongOf(Side::Value(self.place(x, array)), self.place(path, array)),
            (Operand::Size(x), Members::Path(path)) => Condition::AmongOf(Side::Size(self.place(x, array)), self.place(path, array)),
            // INVARIANT: a checked expression does not ask whether a literal is among literals.
            (Operand::Literal(_), _) => Condition::Or(Vec::new()),
        }
    }

    fn place(&self, path: &Path, array: FieldId) -> Place {
        let keys = path.keys.iter().map(String::as_str);
        match path.base {
            Base::Request => Place { field: self.fields.at(keys), of_element: false },
            Base::Element => Place { field: keys.fold(array, |field, key| self.fields.child(field, key)), of_element: true },
        }
    }

    fn side(&self, operand: &Operand, array: FieldId) -> Option<Side> {
        match operand {
            Operand::Path(path) => Some(Side::Value(self.place(path, array))),
            Operand::Size(path) => Some(Side::Size(self.place(path, array))),
            Operand::Literal(_) => None,
        }
    }
}

fn text_test<'p>(method: TextMethod, text: &str) -> Text<'p> {
    let text = text.to_owned();
    Text::Made(Box::new(match method {
        TextMethod::EndsWith => TextTest::Suffix { text, ignore_case: false },
        TextMethod::Contains if !text.is_empty() => TextTest::Contains(text),
        // Every text contains the empty one, at its beginning.
        TextMethod::StartsWith | TextMethod::Contains => TextTest::Prefix { text, ignore_case: false },
    }))
}

fn ordered<'p>(a: Side, how: Comparison, b: Side) -> Condition<'p> {
    match how {
        Comparison::Equal => Condition::Same(a, b),
        Comparison::Less => Condition::Ordered { less: a, more: b, or_equal: false },
        Comparison::LessOrEqual => Condition::Ordered { less: a, more: b, or_equal: true },
        Comparison::Greater => Condition::Ordered { less: b, more: a, or_equal: false },
        Comparison::GreaterOrEqual => Condition::Ordered { less: b, more: a, or_equal: true },
    }
}

/// A comparison of sizes, which are whole numbers, with any number.
fn length<'p>(how: Comparison, number: &Decimal) -> Ask<'p> {
    let whole = |size: u32| Decimal::parse(&size.to_string());
    // The smallest size that is not less than the number; no value is as long as the largest.
    let (mut low, mut high) = (0, u32::MAX);
    while low < high {
        let middle = low.midpoint(high);
        if whole(middle).is_some_and(|middle| middle < *number) { low = middle.saturating_add(1) } else { high = middle }
    }
    let is_whole = whole(low).is_some_and(|size| size == *number);
    let (how, size) = match how {
        Comparison::Equal if !is_whole => (Comparison::Less, 0),
        Comparison::LessOrEqual if !is_whole => (Comparison::Less, low),
        Comparison::Greater if !is_whole => (Comparison::GreaterOrEqual, low),
        how => (how, low),
    };
    Ask::Length(how, u64::from(size))
}

#[cfg(test)]
mod tests {
    use super::{Ask, length};
    use crate::ir::{Comparison, Decimal};

    #[test]
    fn sizes_are_compared_with_any_number() {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
        for number in ["-3", "-0.5", "0", "0.5", "1", "1.5", "2", "2.999", "3e0", "4294967295", "1e300"] {
            let bound = Decimal::parse(number).unwrap();
            for how in [Equal, Less, LessOrEqual, Greater, GreaterOrEqual] {
                let Ask::Length(lowered, size) = length(how, &bound) else { panic!("{number}") };
                for length in 0_u64..5 {
                    let exact = Decimal::parse(&length.to_string()).unwrap().cmp(&bound);
                    let holds = |how, order: std::cmp::Ordering| match how {
                        Equal => order.is_eq(),
                        Less => order.is_lt(),
                        LessOrEqual => order.is_le(),
                        Greater => order.is_gt(),
                        GreaterOrEqual => order.is_ge(),
                    };
                    assert_eq!(holds(lowered, length.cmp(&size)), holds(how, exact), "{length} {how:?} {number}");
                }
            }
        }
    }
}
