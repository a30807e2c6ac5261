CREATE TABLE notes -- the table
( -- what follows
  id INTEGER PRIMARY KEY, -- the number; of the note
  /* what it says */ body TEXT /* , not a column */ NOT NULL, -- 'quotes' "in" [a] `comment`
  -- a line of its own
  at TEXT -- (a parenthesis
  /* the end */
) -- behind
;
CREATE TABLE behind (a TEXT PRIMARY KEY) /* one */ WITHOUT ROWID -- two
;
CREATE VIEW seen AS SELECT a FROM behind -- three
;
CREATE INDEX found ON behind (a) WHERE a > '' /* four */ -- five
;
CREATE TRIGGER said AFTER INSERT ON behind BEGIN SELECT 1; -- six
END -- seven
;
