//! What a checked policy asks of requests: the actions it names and the fields it reads.

use super::action::ActionTests;
use super::field::Fields;
use crate::ir::expr::{Argument, Base, Members, Operand, Path, TextMethod};
use crate::ir::{Alternative, Expr, List, Member, NamedList, Object, Operator, Pattern, Policy, Rule, Scalar, TextTest};

/// Walks the rules of a policy.
pub(super) struct Reader<'p> {
    lists: &'p [NamedList],
    pub actions: ActionTests,
    pub fields: Fields,
    /// Position of the rule at hand.
    rule: usize,
}

impl<'p> Reader<'p> {
    pub(super) fn read(policy: &'p Policy) -> Self {
        let mut reader = Self { lists: &policy.lists, actions: ActionTests::default(), fields: Fields::new(), rule: 0 };
        for (position, rule) in policy.rules.iter().enumerate() {
            reader.rule = position;
            reader.rule(rule);
        }
        reader
    }

    fn rule(&mut self, rule: &'p Rule) {
        for object in [&rule.when, &rule.unless].into_iter().flatten() {
            self.object(object, &mut Vec::new());
        }
        if let Some(condition) = &rule.condition {
            self.expr(condition, &[]);
        }
    }

    fn object(&mut self, object: &'p Object, path: &mut Vec<&'p str>) {
        for member in &object.members {
            match member {
                Member::Or(objects) => objects.iter().for_each(|object| self.object(object, path)),
                Member::Not(object) => self.object(object, path),
                Member::Key { name, pattern } => {
                    path.push(name);
                    match pattern {
                        Pattern::Object(object) => self.object(object, path),
                        Pattern::List(list) => self.list(list, path),
                    }
                    path.pop();
                }
            }
        }
    }

    fn list(&mut self, list: &'p List, path: &[&'p str]) {
        self.fields.read(self.rule, path.iter().copied());
        if is_action_name(path) {
            self.actions.add_list(self.rule, list, self.lists);
        }
        self.references(list);
    }

    /// Fields that `ref` names start at the request wherever they are written.
    fn references(&mut self, list: &'p List) {
        for alternative in &list.alternatives {
            let Alternative::Operators(operators) = alternative else { continue };
            for operator in operators {
                match operator {
                    Operator::Ref(path) => self.fields.read(self.rule, path.iter().map(String::as_str)),
                    Operator::Any(list) | Operator::Every(list) => self.references(list),
                    _ => {}
                }
            }
        }
    }

    /// `receiver` is the array whose elements the bound variable stands for.
    fn expr(&mut self, expr: &'p Expr, receiver: &[&'p str]) {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| self.expr(part, receiver)),
            Expr::Not(part) => self.expr(part, receiver),
            Expr::Flag(path) | Expr::Has(path) => _ = self.path(path, receiver),
            Expr::Equal(left, right) => {
                let is_name = self.operand(left, receiver) | self.operand(right, receiver);
                if let (true, Operand::Literal(scalar)) = (is_name, right) {
                    self.actions.add_scalar(self.rule, scalar);
                }
            }
            Expr::Compare(left, _, right) => _ = self.operand(left, receiver) | self.operand(right, receiver),
            Expr::In(left, members) => {
                let is_name = self.operand(left, receiver);
                self.members(members, is_name, receiver);
            }
            Expr::Text(path, method, argument) => {
                let is_name = self.path(path, receiver);
                match argument {
                    Argument::Literal(text) if is_name && !text.is_empty() => {
                        self.actions.add_patterns(self.rule, vec![Operator::Text(text_test(*method, text))]);
                    }
                    Argument::Literal(_) => {}
                    Argument::Path(path) => _ = self.path(path, receiver),
                }
            }
            Expr::Matches(path, regex) => {
                if self.path(path, receiver) {
                    self.actions.add_search(self.rule, regex);
                }
            }
            Expr::Over(path, _, body) => {
                self.path(path, receiver);
                let elements = keys(path, receiver);
                self.expr(&body.condition, &elements);
            }
        }
    }

    fn members(&mut self, members: &'p Members, of_name: bool, receiver: &[&'p str]) {
        match members {
            Members::Literals(literals) if of_name => {
                literals.iter().for_each(|scalar: &Scalar| self.actions.add_scalar(self.rule, scalar))
            }
            Members::List(list) if of_name => self.actions.add_members(self.rule, *list, self.lists),
            Members::Literals(_) | Members::List(_) => {}
            Members::Path(path) => _ = self.path(path, receiver),
        }
    }

    /// Whether it is the action's name.
    fn operand(&mut self, operand: &'p Operand, receiver: &[&'p str]) -> bool {
        match operand {
            Operand::Path(path) => self.path(path, receiver),
            Operand::Size(path) => {
                self.path(path, receiver);
                false
            }
            Operand::Literal(_) => false,
        }
    }

    /// Whether it is the action's name.
    fn path(&mut self, path: &'p Path, receiver: &[&'p str]) -> bool {
        let keys = keys(path, receiver);
        self.fields.read(self.rule, keys.iter().copied());
        is_action_name(&keys)
    }
}

/// The keys from the request's root.
fn keys<'p>(path: &'p Path, receiver: &[&'p str]) -> Vec<&'p str> {
    let base = match path.base {
        Base::Request => &[],
        Base::Element => receiver,
    };
    base.iter().copied().chain(path.keys.iter().map(String::as_str)).collect()
}

fn is_action_name(path: &[&str]) -> bool {
    path == ["action", "name"]
}

fn text_test(method: TextMethod, text: &str) -> TextTest {
    let text = text.to_owned();
    match method {
        TextMethod::StartsWith => TextTest::Prefix { text, ignore_case: false },
        TextMethod::EndsWith => TextTest::Suffix { text, ignore_case: false },
        TextMethod::Contains => TextTest::Contains(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::action::Actions;
    use super::Reader;
    use crate::ir::expr::{Argument, Base, Body, Members, Operand, Path, Quantifier, TextMethod};
    use crate::ir::{Comparison, Decimal, Expr, Policy, Regex, Scalar};
    use crate::source::Source;

    fn path(base: Base, keys: &[&str]) -> Path {
        Path { base, keys: keys.iter().map(|key| (*key).to_owned()).collect() }
    }

    fn request(keys: &[&str]) -> Path {
        path(Base::Request, keys)
    }

    fn name() -> Path {
        request(&["action", "name"])
    }

    fn text(text: &str) -> Scalar {
        Scalar::String(text.to_owned())
    }

    /// The fields that a policy with this condition reads and the actions it names.
    fn read(condition: Expr) -> (Vec<String>, Vec<String>) {
        let document = "lists: {names: [send]}\nrules: [{id: a, when: {action: base}, decision: allow}]";
        let mut policy: Policy = crate::check(&[Source { name: "p.yaml".into(), text: document.into() }]).policy.unwrap();
        policy.rules[0].condition = Some(condition);
        let reader = Reader::read(&policy);
        let fields = reader.fields.unseen().into_iter().map(|unseen| unseen.pointer).filter(|pointer| pointer != "/action/name").collect();
        let actions = Actions::new(reader.actions).unwrap();
        let names = actions.unmet().map(|test| test.shown.clone()).filter(|name| name != "base").collect();
        (fields, names)
    }

    #[test]
    fn every_path_of_an_expression_is_read() {
        let number = || Operand::Literal(Scalar::Number(Decimal::parse("1").unwrap()));
        let at = |key: &str| request(&["context", key]);
        let element = |keys: &[&str]| path(Base::Element, keys);
        let body = Expr::And(vec![
            Expr::Flag(element(&["e"])),
            Expr::In(Operand::Path(element(&[])), Members::Path(at("f"))),
            Expr::Compare(Operand::Size(element(&["g", "h"])), Comparison::Less, number()),
        ]);
        let condition = Expr::Or(vec![
            Expr::Not(Box::new(Expr::Has(at("a")))),
            Expr::Equal(Operand::Path(at("b")), Operand::Path(at("c"))),
            Expr::Over(at("d"), Quantifier::All, Box::new(Body { variable: "x".to_owned(), condition: body })),
            Expr::Text(at("i"), TextMethod::Contains, Argument::Path(at("j"))),
        ]);
        let (fields, names) = read(condition);
        let keys = ["a", "b", "c", "d", "d/e", "f", "d/g/h", "i", "j"].map(|key| format!("/context/{key}"));
        let sorted = |fields: &[String]| {
            let mut fields = fields.to_vec();
            fields.sort();
            fields
        };
        assert_eq!(sorted(&fields), sorted(&keys));
        assert_eq!(names, Vec::<String>::new());
    }

    #[test]
    fn an_expression_names_actions() {
        let regex = Regex { source: "^x".to_owned(), hir: regex_syntax::parse("^x").unwrap() };
        let condition = Expr::Or(vec![
            Expr::Equal(Operand::Path(name()), Operand::Literal(text("pay"))),
            Expr::In(Operand::Path(name()), Members::Literals(vec![text("a"), text("b")])),
            Expr::In(Operand::Path(name()), Members::List(0)),
            Expr::Text(name(), TextMethod::StartsWith, Argument::Literal("read_".to_owned())),
            Expr::Text(name(), TextMethod::EndsWith, Argument::Literal(String::new())),
            Expr::Matches(name(), regex),
            Expr::Equal(Operand::Size(name()), Operand::Literal(text("size"))),
            Expr::Equal(Operand::Path(request(&["context", "name"])), Operand::Literal(text("other"))),
        ]);
        let (fields, names) = read(condition);
        assert_eq!(names, ["pay", "a", "b", "send", "prefix: read_", "matches: ^x"]);
        assert_eq!(fields, ["/context/name"]);
    }

    #[test]
    fn what_matches_may_stand_anywhere() {
        let hir = regex_syntax::parse("b+").unwrap();
        let mut tests = super::ActionTests::default();
        tests.add_search(0, &Regex { source: "b+".to_owned(), hir });
        let mut actions = Actions::new(tests).unwrap();
        actions.see("aac", 1);
        assert_eq!(actions.unmet().count(), 1);
        actions.see("aabbc", 2);
        assert_eq!(actions.unmet().count(), 0);
        assert_eq!(actions.unnamed().map(|(name, _)| name).collect::<Vec<_>>(), ["aac"]);
    }
}
