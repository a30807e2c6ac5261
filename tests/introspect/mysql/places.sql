CREATE TABLE t (
  a geometry NOT NULL,
  b point NOT NULL,
  c linestring, d polygon, e multipoint, f multilinestring, g multipolygon, h geometrycollection,
  SPATIAL KEY a (a),
  SPATIAL KEY b (b) COMMENT 'where'
);
