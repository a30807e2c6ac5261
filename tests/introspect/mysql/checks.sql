CREATE TABLE t (
  id int PRIMARY KEY,
  a int CHECK (a > 0),
  b varchar(10) DEFAULT 'x' COMMENT 'checked' CHECK (b <> 'it''s'),
  c int, d int,
  CHECK (c > d),
  CONSTRAINT named CHECK (((c) + (d)) < 100),
  CONSTRAINT texts CHECK (b in ('a', ')', '(', '`') or b like '%\\_%' or b regexp '^[a-z]+$'),
  CONSTRAINT nulls CHECK (c is not null or d is null)
);
