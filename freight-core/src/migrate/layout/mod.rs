//! How a directory's files are arranged: one file per layout, told apart per directory.

/// An arrangement of migration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// `ID_name.sql` with `-- migrate:up` and `-- migrate:down`: Freight's own, and dbmate's.
    Marked,
    /// `ID_name.sql` with `-- +goose Up` and `-- +goose Down`.
    Goose,
    /// `ID_name.up.sql` and `ID_name.down.sql`: golang-migrate, sqlx.
    Pair,
    /// `ID_name.sql`, forward only: sqlx, Drizzle 0.x (`meta/_journal.json`), hand-written.
    Plain,
    /// `ID_name.sql` with `atlas.sum`.
    Atlas,
    /// `ID_name/up.sql` and `down.sql`.
    Diesel,
    /// `V1__name.sql`, `U1__`, `R__`, `B1__`: Flyway, refinery.
    Flyway,
    /// `ID_name/migration.sql`: Prisma, Drizzle 1.
    Prisma,
}
