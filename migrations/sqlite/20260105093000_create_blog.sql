-- migrate:up
CREATE TABLE posts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    author_id  INTEGER,
    published  BOOLEAN NOT NULL DEFAULT 0,
    created_at DATETIME_TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME_TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX posts_author_id_idx ON posts (author_id);
CREATE INDEX posts_published_created_at_idx ON posts (published, created_at DESC);

CREATE TABLE tags (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name VARCHAR(50) NOT NULL,
    CONSTRAINT tags_name_key UNIQUE (name)
);

CREATE TABLE posts_tags (
    post_id INTEGER NOT NULL,
    tag_id  INTEGER NOT NULL,
    PRIMARY KEY (post_id, tag_id),
    CONSTRAINT posts_tags_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    CONSTRAINT posts_tags_tag_id_fkey FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE
);

CREATE INDEX posts_tags_tag_id_idx ON posts_tags (tag_id);

-- migrate:down
DROP TABLE posts_tags;
DROP TABLE tags;
DROP TABLE posts;
