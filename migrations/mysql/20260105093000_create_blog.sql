-- migrate:up
CREATE TABLE posts (
    id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    author_id  BIGINT,
    published  BOOLEAN NOT NULL DEFAULT 0,
    created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    updated_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    INDEX posts_author_id_idx (author_id),
    CONSTRAINT posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES users (id) ON DELETE SET NULL
) DEFAULT CHARSET = utf8mb4;

CREATE INDEX posts_published_created_at_idx ON posts (published, created_at DESC);

CREATE TABLE tags (
    id   BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(50) NOT NULL,
    CONSTRAINT tags_name_key UNIQUE (name)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE posts_tags (
    post_id BIGINT NOT NULL,
    tag_id  BIGINT NOT NULL,
    PRIMARY KEY (post_id, tag_id),
    INDEX posts_tags_tag_id_idx (tag_id),
    CONSTRAINT posts_tags_post_id_fkey FOREIGN KEY (post_id) REFERENCES posts (id) ON DELETE CASCADE,
    CONSTRAINT posts_tags_tag_id_fkey FOREIGN KEY (tag_id) REFERENCES tags (id) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;

-- migrate:down
DROP TABLE posts_tags;
DROP TABLE tags;
DROP TABLE posts;
