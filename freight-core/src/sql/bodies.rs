//! Bodies: the parts of a statement in which `;` does not end it.
//!
//! Fed with the significant tokens of one statement, in order. SQLite's triggers and PostgreSQL's
//! `BEGIN ATOMIC` bodies are simple: every statement in them ends with `;`, so the `END` that
//! closes the body is the one right after a `;`, and neither CASE … END nor a column called `end`
//! can be taken for it. MySQL's and MariaDB's bodies nest; they have a file of their own.

use super::compound::Compound;
use super::{Bodies, Token, TokenKind};

/// Follows one statement and knows whether it is inside a body.
#[derive(Debug)]
pub(super) struct Body {
    reader: Reader,
    /// Where the body that is open began.
    opened_at: Option<usize>,
}

#[derive(Debug)]
enum Reader {
    Trigger(Flat),
    Atomic(Flat),
    /// PostgreSQL's rule: how many parentheses are open.
    Rule(usize),
    Compound(Compound),
    /// The rest of the statement has no body.
    None,
}

impl Body {
    pub(super) fn new(bodies: Bodies) -> Self {
        let reader = match bodies {
            Bodies::Triggers => Reader::Trigger(Flat::default()),
            Bodies::Atomic => Reader::Atomic(Flat::default()),
            Bodies::Compound => Reader::Compound(Compound::default()),
        };
        Self {
            reader,
            opened_at: None,
        }
    }

    /// Reads the next significant token of the statement.
    pub(super) fn read(&mut self, token: Token, text: &str) {
        let was_open = self.opened_at.is_some();
        let word = match token.kind {
            TokenKind::Word => text,
            _ => "",
        };
        let is_open = match &mut self.reader {
            Reader::None => return,
            Reader::Trigger(flat) => flat.read_trigger(word, text),
            Reader::Atomic(flat) => flat.read_atomic(word, text),
            Reader::Rule(depth) => read_rule(depth, text),
            Reader::Compound(compound) => compound.read(token.kind, text),
        };
        match is_open {
            State::Open if !was_open => self.opened_at = Some(token.start),
            State::Open => {}
            State::Closed => self.opened_at = None,
            State::Rule => self.reader = Reader::Rule(0),
            State::Never => {
                self.reader = Reader::None;
                self.opened_at = None;
            }
        }
    }

    /// Where the open body began; None outside of bodies, where `;` ends the statement.
    pub(super) fn opened_at(&self) -> Option<usize> {
        self.opened_at
    }
}

/// What is known after a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Inside a body.
    Open,
    /// Outside, and one may still begin.
    Closed,
    /// A `CREATE RULE`, whose actions stand in parentheses.
    Rule,
    /// Outside, and none can begin any more.
    Never,
}

fn read_rule(depth: &mut usize, text: &str) -> State {
    match text {
        "(" => *depth += 1,
        ")" => *depth = depth.saturating_sub(1),
        _ => {}
    }
    match depth {
        0 => State::Closed,
        _ => State::Open,
    }
}

/// A statement whose only body cannot contain another.
#[derive(Debug, Default)]
struct Flat {
    stage: Stage,
    before: Before,
}

#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    /// Nothing but `CREATE` and its modifiers was seen.
    #[default]
    Start,
    /// The kind of object was seen, and it may have a body.
    Header,
    Inside,
}

/// What stood before the present token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    #[default]
    Other,
    /// `BEGIN` of PostgreSQL, which opens a body only with `ATOMIC` after it.
    Begin,
    /// The beginning of the body, or the `;` of a statement in it.
    StatementEnd,
    /// Something after which `BEGIN` is a name: a dot, a comma, `ON`, `OF` …
    NameFollows,
}

impl Flat {
    /// `CREATE [TEMP] TRIGGER … BEGIN …; END`.
    ///
    /// <https://sqlite.org/lang_createtrigger.html>
    fn read_trigger(&mut self, word: &str, text: &str) -> State {
        let before = std::mem::take(&mut self.before);
        match self.stage {
            Stage::Start if is_any(word, &["EXPLAIN", "QUERY", "PLAN"]) => State::Closed,
            Stage::Start if is_any(word, &["CREATE", "TEMP", "TEMPORARY"]) => State::Closed,
            Stage::Start if is(word, "TRIGGER") => {
                self.stage = Stage::Header;
                self.before = Before::NameFollows;
                State::Closed
            }
            Stage::Start => State::Never,
            Stage::Header if is(word, "BEGIN") && before != Before::NameFollows => {
                self.stage = Stage::Inside;
                self.before = Before::StatementEnd;
                State::Open
            }
            Stage::Header => {
                if is_any(word, &["EXISTS", "OF", "ON"]) || matches!(text, "." | ",") {
                    self.before = Before::NameFollows;
                }
                State::Closed
            }
            Stage::Inside => self.read_inside(before, word, text),
        }
    }

    /// `CREATE [OR REPLACE] FUNCTION|PROCEDURE … BEGIN ATOMIC …; END`, and rules.
    ///
    /// <https://www.postgresql.org/docs/current/sql-createfunction.html>
    fn read_atomic(&mut self, word: &str, text: &str) -> State {
        let before = std::mem::take(&mut self.before);
        match self.stage {
            Stage::Start if is_any(word, &["CREATE", "OR", "REPLACE"]) => State::Closed,
            Stage::Start if is(word, "RULE") => State::Rule,
            Stage::Start if is_any(word, &["FUNCTION", "PROCEDURE"]) => {
                self.stage = Stage::Header;
                State::Closed
            }
            Stage::Start => State::Never,
            Stage::Header if is(word, "ATOMIC") && before == Before::Begin => {
                self.stage = Stage::Inside;
                self.before = Before::StatementEnd;
                State::Open
            }
            Stage::Header => {
                if is(word, "BEGIN") {
                    self.before = Before::Begin;
                }
                State::Closed
            }
            Stage::Inside => self.read_inside(before, word, text),
        }
    }

    fn read_inside(&mut self, before: Before, word: &str, text: &str) -> State {
        if text == ";" {
            self.before = Before::StatementEnd;
        }
        match before == Before::StatementEnd && is(word, "END") {
            true => State::Never,
            false => State::Open,
        }
    }
}

/// True if `word` is the keyword, in any case.
pub(super) fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// True if `word` is one of the keywords, in any case.
pub(super) fn is_any(word: &str, keywords: &[&str]) -> bool {
    keywords.iter().any(|keyword| is(word, keyword))
}
