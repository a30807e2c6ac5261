CREATE TABLE "order" ("select" int PRIMARY KEY, "from" text, "Order" text, "a.b" text, "a""b" text, "it's" text,
    "ünïcödé ☃" text, " leading" text, "trailing " text, "new
line" text, "back\slash" text, "$1" text, "?" text, "--" text, "/*" text, "user" text UNIQUE, "ab" text, "1st" text);
CREATE TABLE "Mixed Case" (id serial PRIMARY KEY, "order" int REFERENCES "order" ("select"), "Check" int CHECK ("Check" > 0));
CREATE TABLE "a.b" ("c.d" int CONSTRAINT "x.y" PRIMARY KEY, CONSTRAINT "u""q" UNIQUE ("c.d"));
CREATE TABLE "a""b" (id int GENERATED ALWAYS AS IDENTITY, "q""q" int);
CREATE INDEX "i.""x'" ON "a""b" ("q""q");
CREATE TABLE "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" (
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" serial PRIMARY KEY,
    "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" int UNIQUE CHECK ("ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" > 0)
);
CREATE TABLE "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" ("éééééééééééééééééééééééééééé" bigserial);
CREATE TABLE public."table" ("column" int, "default" int DEFAULT 1, "primary" int, "current_user" name DEFAULT current_user);
CREATE VIEW "View ""x""" AS SELECT "select" AS "Sel", "a.b" FROM "order";
CREATE TYPE "My Type" AS ENUM ('a', 'B c');
CREATE TABLE uses ("t" "My Type" DEFAULT 'B c', "ts" "My Type"[]);
CREATE FUNCTION "Func.""1"("Arg 1" "My Type", "b" int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE SEQUENCE "Seq ☃";
COMMENT ON TABLE "order" IS 'it''s "quoted" \ $$ ; -- /*';
COMMENT ON COLUMN "order"."a.b" IS E'two\nlines';
CREATE TABLE "empty" ();
CREATE TABLE twin (id int); CREATE TABLE "Twin" (id int); CREATE TABLE "TWIN" (id int);
