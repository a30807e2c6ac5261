-- migrate:up
CREATE TABLE users (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       VARCHAR(100) NOT NULL,
    email      VARCHAR(255) NOT NULL,
    role       TEXT NOT NULL DEFAULT 'user',
    created_at DATETIME_TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME_TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_role_check CHECK (role IN ('user', 'editor', 'admin'))
);

-- migrate:down
DROP TABLE users;
