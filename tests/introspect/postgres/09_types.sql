CREATE TYPE empty AS ENUM (); CREATE TYPE e AS ENUM ('a', 'b', 'with ''quote''', ''); ALTER TYPE e ADD VALUE 'first' BEFORE 'a';
CREATE DOMAIN d1 AS text; CREATE DOMAIN d2 AS varchar(10) COLLATE "C" DEFAULT 'x' NOT NULL CONSTRAINT c1 CHECK (VALUE <> '') CONSTRAINT c2 CHECK (length(VALUE) > 1);
CREATE DOMAIN d3 AS d2 CHECK (VALUE LIKE 'x%'); CREATE DOMAIN d4 AS e DEFAULT 'a'; CREATE DOMAIN d5 AS int[] CHECK (array_length(VALUE, 1) = 2); CREATE DOMAIN d6 AS varchar(3) CHECK (VALUE IN ('a', 'b'));
CREATE TYPE c1 AS (a int, b d2, c e[], "D d" text COLLATE "C"); CREATE TYPE c2 AS (x c1, y c1[]); CREATE TYPE c0 AS ();
CREATE TYPE floatrange AS RANGE (subtype = float8, subtype_diff = float8mi); CREATE TYPE "Text R" AS RANGE (subtype = text, collation = "C", multirange_type_name = "Many");
CREATE TABLE uses (a d1, b d2 DEFAULT 'yy', c d3, d d4, e c1, f c2[], g floatrange, h "Text R", i "Many", j d5[], k e[]);
CREATE FUNCTION valid(t text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'; CREATE DOMAIN d7 AS text CHECK (valid(VALUE));
ALTER DOMAIN d1 ADD CONSTRAINT late CHECK (VALUE <> 'x') NOT VALID;
COMMENT ON TYPE e IS 'an enum'; COMMENT ON DOMAIN d2 IS 'it''s a domain'; COMMENT ON CONSTRAINT c1 ON DOMAIN d2 IS 'check'; COMMENT ON TYPE c1 IS 'composite'; COMMENT ON TYPE floatrange IS 'range';
