CREATE TABLE t (
  id int PRIMARY KEY,
  a int, b varchar(20),
  c int GENERATED ALWAYS AS (a + 1) VIRTUAL,
  d int AS (a * 2) STORED,
  e varchar(100) AS (concat(b, '-', 'it''s')) VIRTUAL COMMENT 'it''s',
  f varchar(100) AS (upper(b)) STORED,
  g int AS (((a + b) * 2)) VIRTUAL,
  h json AS (json_object('a', a)) VIRTUAL,
  i int AS (case when a > 0 then 1 else 0 end) STORED,
  KEY c (c), UNIQUE KEY d (d), KEY f (f)
);
