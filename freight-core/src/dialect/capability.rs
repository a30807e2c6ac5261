//! Facts about the databases, as data.

/// What a database can do. One constant per dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// CREATE, ALTER and DROP take part in transactions.
    pub transactional_ddl: bool,
    /// A lock can be held by a connection, outside any transaction. Without it one migrator at a
    /// time is kept by the write transaction of each migration.
    pub session_lock: bool,
    /// A URL names a file; otherwise a server.
    pub file_url: bool,
    /// Placeholders on the wire are `$1`, `$2`…; otherwise `?`.
    pub numbered_placeholders: bool,
    /// The driver tells the key that an INSERT made; otherwise the statement has to return it.
    pub tells_generated_key: bool,
    /// ALTER TABLE adds constraints; otherwise the table has to be made anew.
    pub adds_constraints: bool,
    /// Floats may be NaN and infinite.
    pub has_special_floats: bool,
    /// What stands behind a SELECT so that nobody changes its rows until the transaction ends.
    pub share_lock: &'static str,
    /// What tells the namespace in which a connection finds its own tables, which may stand before
    /// their names; `None` where there is nothing like that.
    pub own_namespace: Option<&'static str>,
}
