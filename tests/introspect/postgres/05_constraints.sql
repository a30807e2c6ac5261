CREATE EXTENSION btree_gist;
CREATE TABLE k1 (a int, b int, c int, d text, PRIMARY KEY (b, a), CONSTRAINT u1 UNIQUE (c) DEFERRABLE INITIALLY DEFERRED, UNIQUE NULLS NOT DISTINCT (d), UNIQUE (a) INCLUDE (c, d));
CREATE TABLE k2 (id int CONSTRAINT "pk name" PRIMARY KEY, a int, b int,
    FOREIGN KEY (a, b) REFERENCES k1 (b, a) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (a) DEFERRABLE INITIALLY DEFERRED,
    self int REFERENCES k2 (id) ON DELETE SET DEFAULT, r int REFERENCES k2 ON DELETE RESTRICT ON UPDATE RESTRICT);
CREATE UNIQUE INDEX k1_ci ON k1 (c, a);
CREATE TABLE k3 (x int, y int, FOREIGN KEY (x, y) REFERENCES k1 (c, a));
CREATE TABLE k4 (v varchar(10) CHECK (v IN ('a', 'b')), w varchar CHECK (w NOT IN ('a', 'b') OR w LIKE 'x%'),
    x char(2) CHECK (x IN ('a', 'b')), y text CHECK (y IN ('a')), CONSTRAINT z CHECK (v = ANY (ARRAY['a', 'b']::varchar[])),
    n int CHECK (n BETWEEN 1 AND 3 AND n IN (1, 2)), CHECK (n > 0 OR v IS NOT NULL) NO INHERIT, CHECK (coalesce(n, 0) <> 5),
    CONSTRAINT "it's" CHECK (w ~ '^[a-z'']+$'), CONSTRAINT long CHECK (CASE WHEN n > 1 THEN v = 'a' ELSE w IS DISTINCT FROM 'b' END));
INSERT INTO k4 (n) VALUES (1);
ALTER TABLE k4 ADD CONSTRAINT later CHECK (n > 100) NOT VALID;
ALTER TABLE k3 ADD CONSTRAINT later_key FOREIGN KEY (x) REFERENCES k2 (id) NOT VALID;
CREATE TABLE booking (room int, during tsrange, price numeric, EXCLUDE USING gist (room WITH =, during WITH &&),
    CONSTRAINT paid EXCLUDE USING gist (during WITH &&) INCLUDE (price) WITH (fillfactor=70) WHERE (price > 0) DEFERRABLE);
CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;
CREATE TABLE filled (id int PRIMARY KEY WITH (fillfactor = 50), c int UNIQUE WITH (fillfactor = 60));
COMMENT ON CONSTRAINT "pk name" ON k2 IS 'the key'; COMMENT ON CONSTRAINT u1 ON k1 IS 'one'; COMMENT ON CONSTRAINT later ON k4 IS 'it''s later';
COMMENT ON CONSTRAINT paid ON booking IS 'paid'; COMMENT ON CONSTRAINT later_key ON k3 IS 'key';
CREATE TABLE late_key (id int PRIMARY KEY DEFERRABLE);
