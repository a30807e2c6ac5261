CREATE TABLE t (a INTEGER, b TEXT, c TEXT, "d e" REAL);
CREATE UNIQUE INDEX i1 ON t (a);
CREATE INDEX i2 ON t (a ASC, b DESC, c);
CREATE INDEX i3 ON t ((a), ((b)), "d e");
CREATE INDEX i4 ON t (a + 1, lower(b), -a, CASE WHEN a THEN 1 ELSE 2 END DESC, ("d e") * 2);
CREATE INDEX i5 ON t (b) WHERE c IS NOT NULL AND (a > 1 OR b = ' where ');
CREATE UNIQUE INDEX if not exists main."i 6" ON t (json_extract(c, '$.a')) WHERE json_valid(c);
CREATE INDEX i7 ON t (a, a, a DESC);
CREATE INDEX i8 ON t ( -- a comment
  a /* another */ , b
) WHERE /* why */ a > 0;
CREATE INDEX i9 ON T (A, "B");
CREATE INDEX i10 ON t (c IS NULL, a BETWEEN 1 AND 2);
