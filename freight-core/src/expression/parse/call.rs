//! Functions and casts, and the forms that have words between their arguments.

use super::super::lexeme::{self, Lexeme};
use super::super::simplify::is_built_in;
use super::super::style::Names;
use super::super::tree::{Call, Node};
use super::Parser;

/// Words that may stand between arguments, as in `SUBSTRING(x FROM 1 FOR 2)`.
const BETWEEN_ARGUMENTS: &[&str] = &["from", "for", "placing", "using", "in"];

/// Functions of which the first argument is a bare word: a unit of time.
const UNITS_FIRST: &[&str] = &["extract", "timestampdiff", "timestampadd"];

/// Forms that are no functions: a function of the same name must keep its quotes.
const NO_FUNCTIONS: &[&str] = &[
    "array", "cast", "coalesce", "extract", "greatest", "least", "nullif", "position", "row",
];

impl Parser<'_> {
    /// A function and what it is called with.
    pub(super) fn call(&mut self) -> Option<Node> {
        let name = self.function_name()?;
        self.expect_symbol("(")?;
        let mut call = Call::new(name, Vec::new());
        if self.take_word("distinct") {
            call.before = "DISTINCT".to_owned();
        } else {
            let _ = self.take_word("all");
        }
        self.arguments(&mut call)?;
        if !self.is_symbol(")") {
            call.inside = self.rest_of_parentheses()?;
        }
        self.expect_symbol(")")?;
        self.after_call(&mut call)?;
        Some(Node::Call(self.with_commas(call)))
    }

    /// The forms with words between the arguments are other ways to write a plain call.
    fn with_commas(&self, call: Call) -> Call {
        let words: Vec<&str> = call
            .arguments
            .iter()
            .map(|(before, _)| before.as_str())
            .collect();
        let order: &[usize] = match (call.name.as_str(), words.as_slice()) {
            ("substring" | "substr", ["", "FROM"]) => &[0, 1],
            ("substring" | "substr", ["", "FROM", "FOR"])
            | ("overlay", ["", "PLACING", "FROM"]) => &[0, 1, 2],
            ("overlay", ["", "PLACING", "FROM", "FOR"]) => &[0, 1, 2, 3],
            ("position", ["", "IN"]) if self.style.habits.mysql_forms => &[0, 1],
            ("position", ["", "IN"]) => &[1, 0],
            ("substring" | "substr", ["", "FOR"]) => {
                let mut nodes: Vec<Node> =
                    call.arguments.into_iter().map(|(_, node)| node).collect();
                nodes.insert(1, Node::Number("1".to_owned()));
                return Call::new(call.name, nodes);
            }
            _ => return call,
        };
        let name = match call.name.as_str() {
            "position" if self.style.habits.mysql_forms => "locate".to_owned(),
            // Without quotes, the form with `IN` is the only one.
            "position" => lexeme::quote_name("position", self.style),
            _ => call.name.clone(),
        };
        let pick = |index: &usize| call.arguments.get(*index).map(|(_, node)| node.clone());
        Call::new(name, order.iter().filter_map(pick).collect())
    }

    fn arguments(&mut self, call: &mut Call) -> Option<()> {
        self.leading_unit(call);
        while !self.is_symbol(")") {
            let before = match call.arguments.len() {
                0 => String::new(),
                _ => match self.argument_separator() {
                    Some(before) => before,
                    // `ORDER BY` and the like are kept as they are.
                    None => return Some(()),
                },
            };
            if self.is_symbol("*") && call.arguments.is_empty() {
                self.position += 1;
                call.arguments.push((before, Node::Word("*".to_owned())));
                continue;
            }
            if self.is_word("variadic") {
                self.position += 1;
                let node = self.expression(0)?;
                let before = if before.is_empty() {
                    "VARIADIC"
                } else {
                    ", VARIADIC"
                };
                call.arguments.push((before.to_owned(), node));
                continue;
            }
            let level = match call.name.trim_matches('"') {
                // The word `IN` is no operator here.
                "position" => self.style.levels.predicate + 1,
                _ => 0,
            };
            let node = self.expression(level)?;
            call.arguments.push((before, node));
        }
        Some(())
    }

    /// `EXTRACT(year …`: the word becomes the first argument.
    fn leading_unit(&mut self, call: &mut Call) {
        if !UNITS_FIRST.contains(&call.name.as_str()) {
            return;
        }
        let unit = match self.peek() {
            Some(Lexeme::Word { lower, .. }) => lower.clone(),
            Some(Lexeme::Text(text)) if call.name == "extract" => text.to_ascii_lowercase(),
            _ => return,
        };
        if lexeme::is_plain(&unit) {
            call.arguments.push((String::new(), Node::Word(unit)));
            self.position += 1;
        }
    }

    /// `TRIM(x)`, `TRIM(BOTH 'y' FROM x)`: functions of their own in PostgreSQL.
    pub(super) fn trim(&mut self) -> Option<Node> {
        self.position += 1;
        self.expect_symbol("(")?;
        let sides = ["both", "leading", "trailing"];
        let side = self
            .word()
            .and_then(|word| sides.into_iter().find(|side| *side == word));
        self.position += usize::from(side.is_some());
        let mut arguments = Vec::new();
        if !self.is_word("from") {
            arguments.push(self.expression(0)?);
        }
        match self.take_word("from") {
            // What is cut off comes first here, and last in the functions.
            true => arguments.insert(0, self.expression(0)?),
            false if side.is_some() => return None,
            false => {}
        }
        while self.take_symbol(",") {
            arguments.push(self.expression(0)?);
        }
        self.expect_symbol(")")?;
        let is_postgres = self.style.habits.casts_with_colons;
        let name = match side {
            Some("leading") => "ltrim",
            Some("trailing") => "rtrim",
            _ if is_postgres => "btrim",
            _ => "trim",
        };
        if !self.style.habits.mysql_forms || arguments.len() == 1 {
            return Some(Node::Call(Call::new(name, arguments)));
        }
        let [text, cut] = <[Node; 2]>::try_from(arguments).ok()?;
        let mut call = Call::new("trim", vec![cut]);
        call.before = side.unwrap_or("both").to_ascii_uppercase();
        call.arguments.push(("FROM".to_owned(), text));
        Some(Node::Call(call))
    }

    /// A comma, or a word between arguments.
    fn argument_separator(&mut self) -> Option<String> {
        if self.take_symbol(",") {
            return Some(",".to_owned());
        }
        let word = self
            .word()
            .filter(|word| BETWEEN_ARGUMENTS.contains(word))?;
        self.position += 1;
        Some(word.to_ascii_uppercase())
    }

    /// `FILTER (…)`, `WITHIN GROUP (…)`, `OVER …`.
    fn after_call(&mut self, call: &mut Call) -> Option<()> {
        let forms: [&[&str]; 3] = [&["filter"], &["within", "group"], &["over"]];
        for words in forms {
            if self.is_symbol_at(words.len(), "(") && self.take_words(words) {
                self.position += 1;
                let text = self.rest_of_parentheses()?;
                self.expect_symbol(")")?;
                let words = words.join(" ").to_ascii_uppercase();
                let space = if call.after.is_empty() { "" } else { " " };
                call.after.push_str(&format!("{space}{words} ({text})"));
            }
        }
        Some(())
    }

    /// The name of a function, without a namespace that need not be said.
    fn function_name(&mut self) -> Option<String> {
        let name = self.qualified()?;
        let alias = self
            .style
            .functions
            .iter()
            .find(|(other, _)| *other == name);
        Some(alias.map_or(name, |(_, kept)| (*kept).to_owned()))
    }

    /// A name of something other than a column: `public.f`, `"left"`, `pg_catalog."C"`.
    pub(super) fn qualified(&mut self) -> Option<String> {
        let mut parts = vec![self.function_part()?];
        while self.take_symbol(".") {
            parts.push(self.function_part()?);
        }
        let is = |namespace: Option<&str>| parts.first().map(String::as_str) == namespace;
        let is_hidden = parts.last().is_some_and(|name| is_built_in(name));
        let is_own = self.style.namespace.is_some() && is(self.style.namespace) && !is_hidden;
        let is_needless = is_own || (self.style.built_in.is_some() && is(self.style.built_in));
        if parts.len() > 1 && is_needless {
            parts.remove(0);
        }
        Some(parts.join("."))
    }

    /// Unlike a column, a function may have a reserved word as its plain name: `left(…)`.
    fn function_part(&mut self) -> Option<String> {
        let printed = match self.peek()? {
            Lexeme::Word { lower, .. } => lower.clone(),
            Lexeme::Quoted { name, .. } => {
                let name = match self.style.names {
                    Names::Caseless => name.to_ascii_lowercase(),
                    Names::Folded => name.clone(),
                };
                let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
                let is_plain = lexeme::is_plain(&name)
                    && is_lower
                    && !lexeme::STRUCTURE.contains(&name.as_str())
                    && !NO_FUNCTIONS.contains(&name.as_str());
                match is_plain {
                    true => name,
                    false => lexeme::quote_name(&name, self.style),
                }
            }
            _ => return None,
        };
        self.position += 1;
        Some(printed)
    }

    /// `CAST(x AS type)`.
    pub(super) fn cast(&mut self) -> Option<Node> {
        self.position += 1;
        self.expect_symbol("(")?;
        let operand = self.expression(0)?;
        self.expect_word("as")?;
        let kind = self.type_name()?;
        self.expect_symbol(")")?;
        Some(Node::cast(operand, kind))
    }

    /// MySQL's `CONVERT(x, type)`, which is a cast, and `CONVERT(x USING charset)`.
    pub(super) fn convert(&mut self) -> Option<Node> {
        self.position += 1;
        self.expect_symbol("(")?;
        let operand = self.expression(0)?;
        if self.take_word("using") {
            let charset = self.word()?.to_owned();
            self.position += 1;
            self.expect_symbol(")")?;
            let mut call = Call::new("convert", vec![operand]);
            call.arguments
                .push(("USING".to_owned(), Node::Word(charset)));
            return Some(Node::Call(call));
        }
        self.expect_symbol(",")?;
        let kind = self.type_name()?;
        self.expect_symbol(")")?;
        Some(Node::cast(operand, kind))
    }
}
