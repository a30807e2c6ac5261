CREATE TABLE t (a INTEGER, b TEXT);
CREATE VIEW z_first AS SELECT a, b FROM t;
CREATE VIEW y_second (x, "y z") AS SELECT a, b FROM z_first WHERE b <> ';';
CREATE VIEW a_third AS WITH c AS (SELECT * FROM y_second) SELECT x, count(*) AS n FROM c GROUP BY x;
CREATE VIEW if not exists m AS SELECT /* a comment */ a -- and another
  FROM t
  UNION ALL SELECT x FROM a_third;
CREATE VIEW broken AS SELECT gone FROM nowhere;
CREATE VIEW alias AS SELECT m.a FROM t AS m JOIN m AS t ON m.a = t.a;
