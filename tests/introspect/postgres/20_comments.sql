CREATE TABLE t (a int, b int); COMMENT ON TABLE t IS 'a; b -- c /* d */ $$ e'' f" g\h %s :x ?'; COMMENT ON COLUMN t.a IS ''; COMMENT ON COLUMN t.b IS '  spaces  
	tab and line
'; CREATE TABLE u (c int); COMMENT ON TABLE u IS '日本語 😀 \u0041'; CREATE VIEW v AS SELECT 'a;b' AS "c;d" FROM t; COMMENT ON COLUMN v."c;d" IS '; DROP TABLE t; --';
