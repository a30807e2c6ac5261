CREATE TABLE key (action TEXT, "index" TEXT, first INTEGER, last INTEGER, row TEXT, "table" TEXT, date TEXT, "default" TEXT DEFAULT 'default', "check" TEXT CHECK ("check" <> 'check'), PRIMARY KEY (first, last));
CREATE TABLE "references" ("primary" INTEGER PRIMARY KEY, "foreign" TEXT REFERENCES "references" ("primary"), "true" INTEGER, "null" TEXT, rowid TEXT);
CREATE INDEX "unique" ON key ("index", "table" COLLATE NOCASE) WHERE "table" IS NOT NULL;
CREATE VIEW "view" AS SELECT "index", "table" FROM key;
