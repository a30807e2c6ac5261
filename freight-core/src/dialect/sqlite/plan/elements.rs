//! The elements of a table's text: columns and constraints, with what stands around each.
//!
//! ```text
//! CREATE TABLE t (
//!   id INTEGER PRIMARY KEY, -- the number
//! ^^                      ^ ^^^^^^^^^^^^^
//! lead                comma tail
//! ```
//!
//! A comment on the line of an element belongs to it and goes with it; what stands on lines of its
//! own before an element is its lead. Put together again, the elements are the text as it was.

use crate::dialect::sqlite::ddl::{Cursor, Place, TableText};

/// One column or constraint.
#[derive(Clone, Debug)]
pub(super) struct Element {
    lead: String,
    /// Where it stands; `None` for a new one.
    pub(super) place: Option<Place>,
    text: String,
    /// What stands before the comma.
    before_comma: String,
    tail: String,
    /// What is put in the place of what.
    edits: Vec<(Place, String)>,
    is_column: bool,
}

/// The elements of a table, and the text around them.
#[derive(Clone, Debug)]
pub(super) struct Elements {
    list: Vec<Element>,
    closing: String,
    /// What stands before an element that is new.
    usual_lead: String,
}

impl Elements {
    /// Takes the text between a table's parentheses apart.
    pub(super) fn read(sql: &str, table: &TableText) -> Option<Self> {
        let columns = table
            .columns
            .iter()
            .map(|column| (column.place.clone(), true));
        let constraints = table
            .constraints
            .iter()
            .map(|clause| (clause.place.clone(), false));
        let places: Vec<(Place, bool)> = columns.chain(constraints).collect();
        let first = places.first()?.0.start;
        let mut lead = sql.get(table.body.start..first)?.to_owned();
        let mut list = Vec::with_capacity(places.len());
        for (at, (place, is_column)) in places.iter().enumerate() {
            let next = places
                .get(at + 1)
                .map_or(table.body.end, |(place, _)| place.start);
            let gap = sql.get(place.end..next)?;
            let (before_comma, tail, next_lead) = split_gap(gap);
            list.push(Element {
                lead: std::mem::replace(&mut lead, next_lead),
                place: Some(place.clone()),
                text: sql.get(place.clone())?.to_owned(),
                before_comma,
                tail,
                edits: Vec::new(),
                is_column: *is_column,
            });
        }
        let usual_lead = usual_lead(&list, sql.get(table.body.clone())?);
        Some(Self {
            list,
            closing: lead,
            usual_lead,
        })
    }

    /// Removes the element at a place.
    pub(super) fn remove(&mut self, place: &Place) {
        self.list
            .retain(|element| element.place.as_ref() != Some(place));
    }

    /// Puts a text in the place of another, inside an element. What overlaps an earlier edit is
    /// left out: it is inside of what that one replaced.
    pub(super) fn replace(&mut self, place: Place, text: impl Into<String>) {
        let mut elements = self.list.iter_mut();
        let element = elements.find(|element| {
            let own = element.place.as_ref();
            own.is_some_and(|own| own.start <= place.start && place.end <= own.end)
        });
        if let Some(element) = element {
            let overlaps = element
                .edits
                .iter()
                .any(|(other, _)| place.start < other.end && other.start < place.end);
            if !overlaps {
                element.edits.push((place, text.into()));
            }
        }
    }

    /// Adds a column behind the last one.
    pub(super) fn add_column(&mut self, text: String) {
        let last = self.list.iter().rposition(|element| element.is_column);
        let place = last.map_or(0, |last| last + 1);
        let element = self.new_element(text, true);
        self.list.insert(place, element);
    }

    /// Adds a constraint at the end.
    pub(super) fn add_constraint(&mut self, text: String) {
        let element = self.new_element(text, false);
        self.list.push(element);
    }

    fn new_element(&self, text: String, is_column: bool) -> Element {
        Element {
            lead: self.usual_lead.clone(),
            place: None,
            text,
            before_comma: String::new(),
            tail: String::new(),
            edits: Vec::new(),
            is_column,
        }
    }

    /// The text between the parentheses.
    pub(super) fn text(&self) -> Option<String> {
        let mut text = String::new();
        let last = self.list.len().checked_sub(1)?;
        for (at, element) in self.list.iter().enumerate() {
            text.push_str(&element.lead);
            text.push_str(&element.edited()?);
            text.push_str(&element.before_comma);
            text.push_str(if at < last { "," } else { "" });
            text.push_str(&element.tail);
        }
        text.push_str(&self.closing);
        Some(text)
    }
}

impl Element {
    fn edited(&self) -> Option<String> {
        let Some(place) = &self.place else {
            return Some(self.text.clone());
        };
        let mut edits = self.edits.clone();
        // Two insertions at one place keep their order, and go before what is replaced there.
        edits.sort_by_key(|(place, _)| (place.start, place.end));
        let mut text = String::new();
        let mut done = 0;
        for (edit, new) in edits {
            let start = edit.start.checked_sub(place.start)?;
            let end = edit.end.checked_sub(place.start)?;
            text.push_str(self.text.get(done..start)?);
            text.push_str(&new);
            done = end;
        }
        text.push_str(self.text.get(done..)?);
        Some(text)
    }
}

/// What stands between two elements: before the comma, behind it on the same line, and the rest.
fn split_gap(gap: &str) -> (String, String, String) {
    let mut cursor = Cursor::new(gap);
    let comma = std::iter::from_fn(|| cursor.advance()).find(|token| token.text(gap) == ",");
    let (before, after) = match comma {
        Some(comma) => (
            gap.get(..comma.start).unwrap_or_default(),
            gap.get(comma.end..).unwrap_or_default(),
        ),
        None => ("", gap),
    };
    let end = after.find('\n');
    let (line, rest) = after.split_at(end.unwrap_or(0));
    (before.to_owned(), line.to_owned(), rest.to_owned())
}

/// The blanks before an element: of the last one that begins a line; otherwise a line of its own
/// in a text of several lines, and one blank in one of one.
fn usual_lead(list: &[Element], body: &str) -> String {
    let lead = list.iter().rev().find_map(|element| {
        let start = element.lead.rfind('\n')?;
        element.lead.get(start..)
    });
    let lead = lead.filter(|lead| lead.chars().all(char::is_whitespace));
    let usual = if body.contains('\n') { "\n  " } else { " " };
    lead.unwrap_or(usual).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::sqlite::ddl;

    fn read(sql: &str) -> (TableText, Elements) {
        let table = ddl::table(sql).unwrap();
        let elements = Elements::read(sql, &table).unwrap();
        (table, elements)
    }

    #[test]
    fn put_together_again_the_text_is_as_it_was() {
        for sql in [
            "CREATE TABLE t (a)",
            "CREATE TABLE t (a,b , c)",
            "CREATE TABLE t ( -- one\n a INT, -- a\n /* b */ b /* , */ , -- b\n\n c\n -- end\n)",
            "CREATE TABLE t (a, b, UNIQUE (a, b), CHECK (a > ','))",
        ] {
            let (table, elements) = read(sql);
            assert_eq!(elements.text().unwrap(), sql[table.body]);
        }
    }

    #[test]
    fn an_element_goes_with_the_comment_on_its_line() {
        let sql = "CREATE TABLE t (\n  a INT, -- a\n  b INT, -- b\n  c INT -- c\n)";
        let without = |place: usize| {
            let (table, mut elements) = read(sql);
            elements.remove(&table.columns[place].place);
            elements.text().unwrap()
        };
        assert_eq!(without(0), "\n  b INT, -- b\n  c INT -- c\n");
        assert_eq!(without(1), "\n  a INT, -- a\n  c INT -- c\n");
        assert_eq!(without(2), "\n  a INT, -- a\n  b INT -- b\n");
    }

    #[test]
    fn new_elements_stand_as_the_others_do() {
        let (_, mut elements) = read("CREATE TABLE t (\n\ta INT, -- a\n\tCHECK (a > 0) -- c\n)");
        elements.add_column("b TEXT".to_owned());
        elements.add_constraint("UNIQUE (b)".to_owned());
        assert_eq!(
            elements.text().unwrap(),
            "\n\ta INT, -- a\n\tb TEXT,\n\tCHECK (a > 0), -- c\n\tUNIQUE (b)\n"
        );
        for (sql, expected) in [
            ("CREATE TABLE t (a INT)", "a INT, b TEXT"),
            ("CREATE TABLE t (a INT -- a\n)", "a INT, -- a\n  b TEXT\n"),
        ] {
            let (_, mut elements) = read(sql);
            elements.add_column("b TEXT".to_owned());
            assert_eq!(elements.text().unwrap(), expected);
        }
    }

    #[test]
    fn what_is_inside_of_something_replaced_is_left_alone() {
        let sql = "CREATE TABLE t (a INT CHECK (a > 0))";
        let (table, mut elements) = read(sql);
        let clause = table.columns[0].clauses[0].place.clone();
        elements.replace(clause.start - 1..clause.end, "");
        elements.replace(clause.start + 7..clause.start + 8, "b");
        elements.replace(table.columns[0].name_place.clone(), "b");
        assert_eq!(elements.text().unwrap(), "b INT");
    }
}
