//! The kinds of error, their stable codes and their names.

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $code:literal $name:literal;)*) => {
        /// What a caller branches on. Codes never change their meaning and are never used again.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            /// Every kind, in the order of the codes.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The stable code, such as `FR0203`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$kind => $code,)* }
            }

            /// The name that programs compare, such as `unique_violation`. Several kinds may
            /// share one.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

kinds! {
    /// The server could not be reached, or the file not opened.
    ConnectionFailed "FR0101" "connection_failed";
    /// The server went away while the connection was in use.
    ConnectionLost "FR0102" "connection_lost";
    /// The server refused the user or the password.
    AuthenticationFailed "FR0103" "connection_failed";
    /// Connecting or a statement took longer than allowed.
    Timeout "FR0104" "timeout";
    /// A database URL that Freight cannot read.
    InvalidUrl "FR0105" "bad_argument";
    /// The server has no database of that name, or the file does not exist.
    UnknownDatabase "FR0106" "connection_failed";
    /// The encrypted connection could not be made.
    TlsFailed "FR0107" "connection_failed";

    /// A value that must be unique exists already.
    UniqueViolation "FR0201" "unique_violation";
    /// A row refers to one that does not exist, or is still referred to.
    ForeignKeyViolation "FR0202" "foreign_key_violation";
    /// NULL in a column that does not allow it.
    NotNullViolation "FR0203" "not_null_violation";
    /// A CHECK constraint does not hold.
    CheckViolation "FR0204" "check_violation";
    /// An exclusion constraint does not hold.
    ExclusionViolation "FR0205" "exclusion_violation";
    /// A value is longer than its column.
    TooLong "FR0206" "too_long";
    /// A number or date outside the range of its type.
    OutOfRange "FR0207" "out_of_range";
    /// A value that its column's type does not accept.
    InvalidValue "FR0208" "invalid_value";
    /// A value that cannot become one of the type that is wanted.
    CastError "FR0209" "cast_error";

    /// The database could not read the SQL.
    Syntax "FR0301" "syntax";
    /// No such table or view.
    MissingTable "FR0302" "missing_table";
    /// No such column.
    MissingColumn "FR0303" "missing_column";
    /// The caller's values do not fit the statement.
    BadArgument "FR0304" "bad_argument";
    /// The user lacks a right.
    PermissionDenied "FR0305" "permission_denied";
    /// The database or the transaction accepts no writes.
    ReadOnly "FR0306" "read_only";
    /// No space is left for the database.
    DiskFull "FR0307" "disk_full";
    /// Two transactions could not be put in an order; trying again may help.
    SerializationFailure "FR0308" "serialization_failure";
    /// Two transactions waited for each other; trying again may help.
    Deadlock "FR0309" "deadlock";
    /// A lock was not free in time.
    LockTimeout "FR0310" "lock_timeout";
    /// Another connection writes to the SQLite file.
    Busy "FR0311" "busy";
    /// COMMIT or ROLLBACK without a transaction.
    NoTransaction "FR0312" "no_transaction";
    /// An earlier statement failed, so the transaction accepts only ROLLBACK.
    TransactionAborted "FR0313" "transaction_aborted";
    /// A table, index or other object of that name exists already.
    AlreadyExists "FR0314" "already_exists";
    /// Other objects depend on the one to be dropped or changed.
    StillReferenced "FR0315" "still_referenced";
    /// An object other than a table or column does not exist.
    MissingObject "FR0316" "missing_object";
    /// Text that is let through only as SQL that somebody vouches for.
    UnsafeSql "FR0317" "unsafe_sql";
    /// Any other error of the database, in its own words.
    Database "FR0399" "database";

    /// The thing exists, but not on this database or not in Freight.
    Unsupported "FR0401" "not_supported";

    /// The migrations directory, or a file in it, cannot be read.
    UnreadableMigration "FR0501" "migration_failed";
    /// Two migrations have the same id.
    DuplicateId "FR0502" "migration_failed";
    /// A migration file whose id is no number.
    InvalidId "FR0503" "migration_failed";
    /// The files of a directory follow more than one convention.
    AmbiguousLayout "FR0504" "migration_failed";
    /// A string, comment or quoted name that does not end.
    Unterminated "FR0505" "migration_failed";
    /// A migration file that is not UTF-8.
    NotUtf8 "FR0506" "migration_failed";
    /// A command for psql, sqlite3 or mariadb, which is not SQL.
    ClientCommand "FR0507" "migration_failed";
    /// An applied migration's file changed.
    ChecksumMismatch "FR0508" "migration_failed";
    /// An applied migration's file is gone.
    MissingFile "FR0509" "migration_failed";
    /// An unapplied migration is older than the newest applied one, and `--strict` is on.
    OutOfOrder "FR0510" "migration_failed";
    /// Statements that ran already were changed in a partly applied migration.
    AppliedPartChanged "FR0511" "migration_failed";
    /// The process died at a statement whose outcome cannot be known.
    OutcomeUnknown "FR0512" "migration_failed";
    /// A migration without a way down.
    Irreversible "FR0513" "irreversible";
    /// Statements that cannot run inside a transaction beside ones that can.
    NeedsNoTransaction "FR0514" "migration_failed";
    /// A statement of a migration failed.
    MigrationFailed "FR0515" "migration_failed";
    /// Foreign keys that held before a migration are violated after it.
    ForeignKeyCheck "FR0516" "foreign_key_violation";
    /// Another migrator holds the lock.
    MigrationLocked "FR0517" "lock_timeout";
    /// No migration has the id that was asked for.
    UnknownMigration "FR0518" "bad_argument";
    /// The history table is not one that this version can read.
    UnreadableHistory "FR0519" "migration_failed";
    /// Another tool's history cannot be taken over as it stands.
    NotAdoptable "FR0520" "migration_failed";
    /// Another tool migrated this database, and its history was not adopted yet.
    ForeignHistory "FR0521" "migration_failed";
    /// A failed `CREATE INDEX CONCURRENTLY` left an invalid index.
    InvalidIndex "FR0522" "migration_failed";
    /// A marker or directive in a migration file is wrong, missing or in the wrong place.
    InvalidDirective "FR0523" "migration_failed";
    /// A statement that would take the connection away from the database being migrated.
    SwitchesDatabase "FR0524" "migration_failed";
    /// A migration is partly applied, and the command needs a finished one.
    PartlyApplied "FR0525" "migration_failed";

    /// A configuration file that cannot be used.
    InvalidConfiguration "FR0601" "bad_argument";
    /// A key that no configuration has.
    UnknownKey "FR0602" "unknown_option";
    /// A setting that the command needs and nobody gave.
    MissingSetting "FR0603" "bad_argument";
    /// Writing would overwrite a file.
    WouldOverwrite "FR0604" "bad_argument";
    /// A file could not be read or written.
    Io "FR0605" "io";
    /// A command line that Freight does not understand.
    InvalidUsage "FR0607" "bad_argument";

    /// A file of models that is no YAML, or no text at all.
    ModelSyntax "FR0701" "invalid_model";
    /// A model that says something which cannot be meant.
    InvalidModel "FR0702" "invalid_model";
    /// A key that no model has.
    UnknownModelKey "FR0703" "unknown_option";
    /// A model, field or type that is named and not declared.
    UnknownReference "FR0704" "unknown_model";
    /// Two declarations of the same name, or two models of one table.
    DuplicateModel "FR0705" "invalid_model";

    /// A schema whose parts do not fit together.
    InvalidSchema "FR0801" "invalid_schema";
    /// A snapshot of a schema that this version cannot read.
    InvalidSnapshot "FR0802" "invalid_schema";
    /// Words that name no schema.
    UnknownSource "FR0803" "bad_argument";
    /// A throw-away database is needed, and there is no server to make it on.
    NoScratch "FR0804" "bad_argument";
    /// The database changed between planning and doing.
    SchemaChanged "FR0805" "schema_changed";
    /// What was done does not lead to the schema that is wanted.
    NotConverged "FR0806" "not_converged";
    /// Somebody has to say what is meant.
    DecisionNeeded "FR0807" "decision_needed";
    /// Data would be lost, and nobody allowed that.
    WouldLoseData "FR0808" "would_lose_data";

    /// A Lua script ended with an error.
    ScriptFailed "FR0901" "script_failed";
}

impl ErrorKind {
    /// True where the same transaction, run again, may succeed.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::SerializationFailure | Self::Deadlock | Self::LockTimeout | Self::Busy
        )
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorKind;

    #[test]
    fn codes_are_unique_and_ascending() {
        let codes: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
    }
}
