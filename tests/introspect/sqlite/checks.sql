CREATE TABLE c (
  a INTEGER CHECK (a > 0) CONSTRAINT small CHECK (a < 100),
  b TEXT CHECK (b IN ('x', 'y, z', 'it''s')) CHECK (length(b) BETWEEN 1 AND 9),
  c TEXT, CHECK (((a <> 1))), CONSTRAINT "odd ""name""" CHECK (a IS NOT NULL OR (b IS NULL AND c GLOB '[a-z]*')),
  CHECK (CASE WHEN a > 5 THEN c IS NOT NULL ELSE 1 END), CHECK (c LIKE '%\%' ESCAPE '\')
);
