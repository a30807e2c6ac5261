-- migrate:up
CREATE TABLE settings (
    id   BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100),
    data JSON,
    CONSTRAINT settings_name_key UNIQUE (name)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE tokens (
    id         CHAR(36) NOT NULL DEFAULT (UUID()) PRIMARY KEY,
    user_id    BIGINT,
    value      TEXT,
    created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    INDEX tokens_user_id_idx (user_id),
    CONSTRAINT tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;

-- migrate:down
DROP TABLE tokens;
DROP TABLE settings;
