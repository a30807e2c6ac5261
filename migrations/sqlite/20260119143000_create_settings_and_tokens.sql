-- migrate:up
CREATE TABLE settings (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(100),
    data JSON_TEXT,
    CONSTRAINT settings_name_key UNIQUE (name),
    CONSTRAINT settings_data_check CHECK (json_valid(data))
);

-- A random UUID of version 4, written out by hand: SQLite has no function for it.
CREATE TABLE tokens (
    id         UUID_TEXT NOT NULL PRIMARY KEY DEFAULT (
        lower(
            hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' ||
            substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))
        )
    ),
    user_id    INTEGER,
    value      TEXT,
    created_at DATETIME_TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX tokens_user_id_idx ON tokens (user_id);

-- migrate:down
DROP TABLE tokens;
DROP TABLE settings;
