CREATE TABLE source (a INTEGER, "b c" VARCHAR(10), d REAL);
CREATE TABLE copy AS SELECT a, "b c", d * 2 AS e, 'x' AS "order" FROM source;
