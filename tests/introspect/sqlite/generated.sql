CREATE TABLE g (
  a INTEGER, b INTEGER AS (a * 2), c INTEGER GENERATED ALWAYS AS (a + b) STORED, d AS (c || ')') VIRTUAL NOT NULL,
  e TEXT GENERATED ALWAYS AS (json_object('a', a, 'b', "b")) STORED CHECK (e <> ''), f TEXT COLLATE NOCASE AS (lower(e)) UNIQUE
);
CREATE INDEX g1 ON g (b, d);
CREATE TABLE g2 (generated always, always TEXT, virtual TEXT, stored TEXT, x generated always AS (1));
