CREATE TABLE "order" ("select" INTEGER PRIMARY KEY, "from" TEXT NOT NULL, "group" TEXT DEFAULT 'by');
CREATE TABLE "a""b" ("c""d" INTEGER, "e'f" TEXT, 'g h' TEXT, [i j] TEXT, `k``l` TEXT, UNIQUE ("c""d", 'g h'));
CREATE TABLE "dotted.name" ("dotted.column" INTEGER PRIMARY KEY, "back\slash" TEXT);
CREATE TABLE "größe" ("naïve" TEXT, "日本語" TEXT, "😀" INTEGER CHECK ("😀" > 0));
CREATE TABLE größe2 (naïve2 TEXT, CHECK (naïve2 <> 'ü'));
CREATE TABLE " leading and trailing " (" " TEXT, "  " TEXT);
CREATE TABLE "semi;colon" ("a;b" TEXT DEFAULT ';', "--no comment" TEXT, "/* none */" TEXT);
CREATE TABLE "line
break" ("line
break too" TEXT);
CREATE TABLE "1digit" ("2nd" INTEGER, "3" INTEGER, UNIQUE ("3"));
CREATE INDEX "index of; order" ON "order" ("from" DESC, "group");
CREATE INDEX "i""1" ON "a""b" ([i j], 'e''f');
CREATE VIEW "view of ""a""" AS SELECT "c""d" AS "x y", [i j] FROM "a""b";
CREATE TRIGGER "trigger; on" AFTER INSERT ON "order" BEGIN
  INSERT INTO "semi;colon" ("a;b") VALUES ('x;y');
END;
