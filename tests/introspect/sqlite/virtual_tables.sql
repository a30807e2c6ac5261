CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
CREATE VIRTUAL TABLE search USING fts5(title, body, content='posts', content_rowid='id');
CREATE VIRTUAL TABLE "old search" USING fts4(title, body, tokenize=unicode61 "remove_diacritics=1");
CREATE VIRTUAL TABLE area USING rtree(id, min_x, max_x, +label TEXT);
CREATE TRIGGER posts_ai AFTER INSERT ON posts BEGIN
  INSERT INTO search (rowid, title, body) VALUES (new.id, new.title, new.body);
END;
