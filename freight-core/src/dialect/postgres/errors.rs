//! Server errors, classified by SQLSTATE; text is read only for the names that have no field of
//! their own. Nothing here asks the server: in a failed transaction it would not answer.
//!
//! Codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use sqlx::postgres::{PgDatabaseError, PgErrorPosition, PgSeverity};

use crate::error::{DatabaseDetail, Error, ErrorKind};

/// The parts of a server's error that Freight reads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ServerError<'a> {
    /// The SQLSTATE.
    pub(super) code: &'a str,
    /// The one sentence.
    pub(super) message: &'a str,
    /// More about it; values of rows may stand here.
    pub(super) detail: Option<&'a str>,
    /// What the server suggests.
    pub(super) hint: Option<&'a str>,
    /// The table.
    pub(super) table: Option<&'a str>,
    /// The column.
    pub(super) column: Option<&'a str>,
    /// The constraint or unique index.
    pub(super) constraint: Option<&'a str>,
    /// The place in the text that was sent, in characters from 1.
    pub(super) position: Option<usize>,
    /// True when the server ends the connection with this error.
    pub(super) fatal: bool,
}

impl<'a> ServerError<'a> {
    /// The parts of sqlx's error.
    pub(super) fn read(error: &'a PgDatabaseError) -> Self {
        Self {
            code: error.code(),
            message: error.message(),
            detail: error.detail(),
            hint: error.hint(),
            table: error.table(),
            column: error.column(),
            constraint: error.constraint(),
            position: match error.position() {
                Some(PgErrorPosition::Original(position)) => Some(position),
                _ => None,
            },
            fatal: matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic),
        }
    }

    /// The error for a statement on an open connection. The position is left to the caller, who
    /// knows what was sent.
    pub(super) fn classify(&self) -> Error {
        let kind = if self.fatal {
            ErrorKind::ConnectionLost
        } else {
            kind_of(self.code)
        };
        let message = if kind == ErrorKind::ConnectionLost {
            format!("the connection to PostgreSQL was lost: {}", self.message)
        } else {
            self.message.to_owned()
        };
        let error = Error::new(kind, message).with_database(DatabaseDetail {
            native: None,
            sqlstate: Some(self.code.to_owned()),
            constraint: self.constraint.map(str::to_owned),
            table: self.table_name(),
            columns: self.columns(),
        });
        match self.advice(kind) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// The error for a connection that did not come about. `user` and `database` are those of the
    /// URL, `address` is the server's.
    pub(super) fn classify_connecting(
        &self,
        address: &str,
        user: &str,
        database: &str,
        has_password: bool,
    ) -> Error {
        let kind = match kind_of(self.code) {
            kind @ (ErrorKind::AuthenticationFailed
            | ErrorKind::UnknownDatabase
            | ErrorKind::PermissionDenied) => kind,
            _ => ErrorKind::ConnectionFailed,
        };
        let (message, hint) = match kind {
            ErrorKind::AuthenticationFailed => (
                format!(
                    "PostgreSQL at `{address}` refused user `{user}`: {}",
                    self.message
                ),
                Some(if has_password {
                    "check the user and the password in the URL".to_owned()
                } else {
                    "the URL has no password: write `postgres://user:password@host/database`"
                        .to_owned()
                }),
            ),
            ErrorKind::UnknownDatabase => (
                format!("PostgreSQL at `{address}` has no database `{database}`"),
                Some(format!(
                    "create it: `createdb {database}`, or correct the URL"
                )),
            ),
            ErrorKind::PermissionDenied => (
                format!(
                    "user `{user}` may not use database `{database}`: {}",
                    self.message
                ),
                Some("grant it the right to CONNECT".to_owned()),
            ),
            _ => (
                format!(
                    "cannot connect to PostgreSQL at `{address}`: {}",
                    self.message
                ),
                self.hint.map(str::to_owned),
            ),
        };
        let error = Error::new(kind, message).with_database(DatabaseDetail {
            sqlstate: Some(self.code.to_owned()),
            ..DatabaseDetail::default()
        });
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// The table: from its field, or the one that the message quotes.
    fn table_name(&self) -> Option<String> {
        self.table.map(str::to_owned).or_else(|| {
            matches!(self.code, "42P01" | "42P07").then(|| {
                let name = self.message.split('"').nth(1)?;
                Some(name.to_owned())
            })?
        })
    }

    /// The columns: from their field, or `Key (a, b)=(1, 2) already exists.` in the detail.
    fn columns(&self) -> Vec<String> {
        if let Some(column) = self.column {
            return vec![column.to_owned()];
        }
        if self.code == "42703" {
            return missing_column(self.message).into_iter().collect();
        }
        let is_key = matches!(self.code, "23505" | "23503" | "23P01");
        match self.detail {
            Some(detail) if is_key && !self.is_about_the_referenced_table() => key_columns(detail),
            _ => Vec::new(),
        }
    }

    /// `update or delete on table "users" violates foreign key constraint "x" on table "posts"`:
    /// the error's table is `posts`, but the columns in the detail are those of `users`. The
    /// message may be translated, but in it `posts` comes last.
    fn is_about_the_referenced_table(&self) -> bool {
        let (Some(table), Some(constraint)) = (self.table, self.constraint) else {
            return false;
        };
        match (self.message.rfind(table), self.message.find(constraint)) {
            (Some(table), Some(start)) => self.code == "23503" && table > start + constraint.len(),
            _ => false,
        }
    }

    fn advice(&self, kind: ErrorKind) -> Option<String> {
        let own = match (kind, self.code) {
            (ErrorKind::ConnectionLost, _) => {
                "open a new connection; an open transaction was rolled back by the server"
            }
            (ErrorKind::Timeout, _) => {
                "raise `statement_timeout` (milliseconds) in the URL, or find out what the statement waits for"
            }
            (ErrorKind::TransactionAborted, _) => {
                "roll the transaction back; an earlier error in it says why"
            }
            (_, "55P04") => "commit the ALTER TYPE that adds the value before using it",
            // What depends on the object stands in the detail, and the server's own hint is
            // always the same: DROP … CASCADE.
            (ErrorKind::StillReferenced, _) => {
                return self
                    .detail
                    .map(one_line)
                    .or_else(|| self.hint.map(str::to_owned));
            }
            _ if self.hint.is_some() => return self.hint.map(str::to_owned),
            (ErrorKind::PermissionDenied, _) => {
                "grant the right to the user of the URL, or name another user there"
            }
            (ErrorKind::ReadOnly, _) => {
                "connect to the primary server, or look at `default_transaction_read_only` of the user and the database"
            }
            (ErrorKind::DiskFull, _) => "free some space on the server",
            _ => return None,
        };
        Some(own.to_owned())
    }
}

/// `column "name" of relation "users" does not exist`, or `column u.name does not exist`.
fn missing_column(message: &str) -> Option<String> {
    let quoted = message.split('"').nth(1);
    let qualified = || {
        message
            .split_whitespace()
            .find_map(|word| word.rsplit_once('.'))
    };
    let name = quoted.or_else(|| qualified().map(|(_, name)| name))?;
    Some(name.to_owned())
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

/// The columns of `Key (a, "B c")=(1, 2) …`, in any language. Expressions are left out.
fn key_columns(detail: &str) -> Vec<String> {
    let Some((before, _)) = detail.split_once(")=(") else {
        return Vec::new();
    };
    let Some((_, list)) = before.split_once('(') else {
        return Vec::new();
    };
    let mut columns = vec![String::new()];
    let (mut depth, mut quoted) = (0_usize, false);
    for character in list.chars() {
        match character {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        match columns.last_mut() {
            Some(_) if character == ',' && depth == 0 && !quoted => columns.push(String::new()),
            Some(column) => column.push(character),
            None => {}
        }
    }
    columns
        .iter()
        .map(|column| column.trim())
        .filter(|column| !column.is_empty() && (column.starts_with('"') || !column.contains('(')))
        .map(unquote)
        .collect()
}

/// A name without the quotes that it may have.
pub(super) fn unquote(name: &str) -> String {
    match name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
    {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// What an SQLSTATE means.
pub(super) fn kind_of(code: &str) -> ErrorKind {
    match code {
        "23505" => ErrorKind::UniqueViolation,
        "23503" | "23001" => ErrorKind::ForeignKeyViolation,
        "23502" => ErrorKind::NotNullViolation,
        // 44000: WITH CHECK OPTION of a view.
        "23514" | "44000" => ErrorKind::CheckViolation,
        "23P01" => ErrorKind::ExclusionViolation,
        "22001" => ErrorKind::TooLong,
        "22003" | "22008" | "22015" => ErrorKind::OutOfRange,
        // Division by zero and an SQL/JSON path without a result say nothing about a value's type.
        "22012" | "22035" => ErrorKind::Database,
        "42804" => ErrorKind::InvalidValue,
        "42601" => ErrorKind::Syntax,
        "42P01" => ErrorKind::MissingTable,
        "42703" => ErrorKind::MissingColumn,
        "42501" => ErrorKind::PermissionDenied,
        "42P04" | "42P06" | "42P07" | "42710" | "42701" | "42723" | "42P03" | "42P05" => {
            ErrorKind::AlreadyExists
        }
        "42704" | "42883" | "42P02" | "3F000" | "26000" | "34000" | "3B001" => {
            ErrorKind::MissingObject
        }
        "2BP01" | "2B000" => ErrorKind::StillReferenced,
        "3D000" => ErrorKind::UnknownDatabase,
        "40001" => ErrorKind::SerializationFailure,
        "40P01" => ErrorKind::Deadlock,
        "55P03" => ErrorKind::LockTimeout,
        "57014" => ErrorKind::Timeout,
        "25P02" => ErrorKind::TransactionAborted,
        "25P01" => ErrorKind::NoTransaction,
        "25006" => ErrorKind::ReadOnly,
        "53100" => ErrorKind::DiskFull,
        "53300" | "57P03" => ErrorKind::ConnectionFailed,
        "57P01" | "57P02" | "57P04" | "57P05" | "25P03" | "25P04" => ErrorKind::ConnectionLost,
        "0A000" => ErrorKind::Unsupported,
        _ => match code.get(..2) {
            Some("22") => ErrorKind::InvalidValue,
            Some("08") => ErrorKind::ConnectionLost,
            Some("28") => ErrorKind::AuthenticationFailed,
            _ => ErrorKind::Database,
        },
    }
}

/// The byte offset of the character at `position` (from 1) in `text`.
pub(super) fn byte_offset(text: &str, position: usize) -> Option<usize> {
    let index = position.checked_sub(1)?;
    match text.char_indices().nth(index) {
        Some((offset, _)) => Some(offset),
        // The server points behind the text when it misses something at its end.
        None => Some(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_kinds() {
        for (code, kind) in [
            ("23505", ErrorKind::UniqueViolation),
            ("23001", ErrorKind::ForeignKeyViolation),
            ("22P02", ErrorKind::InvalidValue),
            ("22007", ErrorKind::InvalidValue),
            ("22021", ErrorKind::InvalidValue),
            ("22003", ErrorKind::OutOfRange),
            ("22012", ErrorKind::Database),
            ("08006", ErrorKind::ConnectionLost),
            ("28P01", ErrorKind::AuthenticationFailed),
            ("42725", ErrorKind::Database),
            ("XX000", ErrorKind::Database),
            ("", ErrorKind::Database),
        ] {
            assert_eq!(kind_of(code), kind, "{code}");
        }
    }

    #[test]
    fn columns_are_read_from_the_detail() {
        for (detail, expected) in [
            ("Key (a, b)=(1, 2) already exists.", vec!["a", "b"]),
            ("Schlüssel »(a)=(1)« existiert bereits.", vec!["a"]),
            (
                r#"Key ("A, b", c)=(x, y) already exists."#,
                vec!["A, b", "c"],
            ),
            (
                "Key (lower(email), tenant)=(x, 1) already exists.",
                vec!["tenant"],
            ),
            ("Key (a)=(b)=(c) already exists.", vec!["a"]),
            ("Failing row contains (1, null).", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(key_columns(detail), expected, "{detail}");
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        for (message, expected) in [
            (r#"column "name" does not exist"#, Some("name")),
            (
                r#"column "name" of relation "users" does not exist"#,
                Some("name"),
            ),
            ("column u.name does not exist", Some("name")),
            ("Spalte u.name existiert nicht", Some("name")),
            ("something else", None),
        ] {
            assert_eq!(missing_column(message).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn a_violated_foreign_key_names_columns_of_its_own_table_only() {
        let child = ServerError {
            code: "23503",
            message: r#"insert or update on table "posts" violates foreign key constraint "posts_user_id_fkey""#,
            detail: Some(r#"Key (user_id)=(5) is not present in table "users"."#),
            table: Some("posts"),
            constraint: Some("posts_user_id_fkey"),
            ..ServerError::default()
        };
        let error = child.classify();
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
        assert_eq!(error.database().columns, ["user_id"]);
        assert_eq!(error.database().table.as_deref(), Some("posts"));
        let parent = ServerError {
            message: r#"update or delete on table "users" violates foreign key constraint "posts_user_id_fkey" on table "posts""#,
            detail: Some(r#"Key (id)=(5) is still referenced from table "posts"."#),
            ..child
        };
        assert!(parent.classify().database().columns.is_empty());
    }

    #[test]
    fn a_fatal_error_is_a_lost_connection() {
        let error = ServerError {
            code: "25P03",
            message: "terminating connection due to idle-in-transaction timeout",
            fatal: true,
            ..ServerError::default()
        };
        assert_eq!(error.classify().kind(), ErrorKind::ConnectionLost);
    }

    #[test]
    fn positions_count_characters() {
        assert_eq!(byte_offset("SELECT 'é', x", 13), Some(13));
        assert_eq!(byte_offset("SELECT", 7), Some(6));
        assert_eq!(byte_offset("SELECT", 0), None);
    }
}
