CREATE TABLE t (
  id int NOT NULL,
  a varchar(100), b varchar(100), c text, d int, e int, f blob,
  PRIMARY KEY (id) COMMENT 'the key',
  KEY (a), KEY (a, b), KEY a_3 (a(10), b(5) DESC),
  UNIQUE KEY u (d, e), UNIQUE (e),
  KEY de (d DESC, e ASC),
  KEY c (c(20)), KEY f (f(10)),
  KEY hashed (d) USING HASH,
  KEY treed (e) USING BTREE,
  KEY commented (d) COMMENT 'it''s',
  FULLTEXT KEY words (a, b),
  FULLTEXT KEY more_words (c)
) ROW_FORMAT = COMPRESSED;
CREATE TABLE compound (b int NOT NULL, a int NOT NULL, c varchar(300) NOT NULL, PRIMARY KEY (c(20), a DESC, b));
CREATE TABLE no_key (a int);
CREATE TABLE counted (a int, id bigint unsigned NOT NULL AUTO_INCREMENT, KEY (id)) AUTO_INCREMENT = 100;
CREATE TABLE in_memory (a int NOT NULL, b int, PRIMARY KEY (a) USING BTREE, KEY b (b), KEY b2 (b) USING BTREE) ENGINE = MEMORY;
CREATE TABLE sized (a int, KEY sized (a) KEY_BLOCK_SIZE = 2048) ENGINE = MyISAM;
