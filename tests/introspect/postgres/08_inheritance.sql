CREATE TABLE parent (id int NOT NULL, name text DEFAULT 'p', CHECK (id > 0), CONSTRAINT mine CHECK (id < 100) NO INHERIT);
CREATE TABLE child (extra text, CONSTRAINT parent_id_check CHECK (id > 0)) INHERITS (parent);
CREATE TABLE mother (m int); CREATE TABLE both_of (own int UNIQUE) INHERITS (parent, mother);
CREATE TABLE child_default () INHERITS (parent); ALTER TABLE child_default ALTER name SET DEFAULT 'c'; ALTER TABLE child_default ALTER name SET NOT NULL;
CREATE TABLE redeclared (id int, name text DEFAULT 'r') INHERITS (parent);
CREATE TYPE shape AS (x int, y text); CREATE TABLE typed OF shape (PRIMARY KEY (x), y WITH OPTIONS NOT NULL DEFAULT 'z');
CREATE TABLE "p.q" (a int); CREATE TABLE "c,d" (b int) INHERITS ("p.q");
