-- namespace: audit
-- namespace: Odd Schema
CREATE SCHEMA audit; COMMENT ON SCHEMA audit IS 'who did what'; CREATE SCHEMA "Odd Schema"; CREATE SCHEMA unseen; CREATE TABLE unseen.hidden (id int);
CREATE TABLE users (id serial PRIMARY KEY); CREATE TABLE audit.users (id serial PRIMARY KEY, u int REFERENCES public.users); CREATE TABLE "Odd Schema"."T" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int REFERENCES audit.users, b int CHECK (b > 0));
CREATE TYPE audit.action AS ENUM ('i', 'u'); CREATE TABLE log (a audit.action DEFAULT 'i', b audit.action[]); ALTER TABLE users ADD CONSTRAINT same CHECK (id > 0); ALTER TABLE audit.users ADD CONSTRAINT same CHECK (id > 0);
CREATE FUNCTION audit.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t AFTER INSERT ON audit.users FOR EACH ROW EXECUTE FUNCTION audit.f(); CREATE TRIGGER t AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION audit.f();
CREATE VIEW "Odd Schema".v AS SELECT u.id, a.id AS aid FROM users u JOIN audit.users a ON a.u = u.id; CREATE INDEX ix ON audit.users (u); CREATE INDEX ix ON users (id); CREATE RULE r AS ON DELETE TO audit.users DO INSTEAD NOTHING; CREATE STATISTICS audit.s ON id, u FROM audit.users; CREATE SEQUENCE audit.numbers; CREATE DOMAIN audit.d AS text; GRANT USAGE ON SCHEMA audit TO pg_read_all_data; CREATE TABLE audit.p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF audit.p FOR VALUES IN (1); CREATE TABLE audit.child () INHERITS (log);
CREATE COLLATION audit.c (locale = 'C'); CREATE TABLE coll (a text COLLATE audit.c);
