CREATE TABLE first_name (a INTEGER PRIMARY KEY, b TEXT);
CREATE TABLE child (a INTEGER REFERENCES first_name (a));
CREATE INDEX i ON first_name (b) WHERE b > 'a';
ALTER TABLE first_name RENAME TO "second name";
ALTER TABLE "second name" RENAME COLUMN b TO "c d";
ALTER TABLE "second name" ADD COLUMN e TEXT DEFAULT 'x' CHECK (e <> '');
ALTER TABLE "second name" ADD COLUMN f INTEGER REFERENCES child;
ALTER TABLE "second name" DROP COLUMN e;
