CREATE TABLE a (x varchar(10), y varchar(10) COLLATE latin1_bin, z varchar(10) CHARACTER SET utf8mb4) DEFAULT CHARSET = latin1;
CREATE TABLE b (x varchar(10), y text) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
CREATE TABLE c (x varchar(10) COLLATE utf8mb4_bin, y varchar(10) CHARACTER SET ascii);
CREATE TABLE d (x varchar(10)) DEFAULT CHARSET = utf8;
CREATE TABLE e (x varchar(10), y int) DEFAULT CHARSET = binary;
CREATE TABLE f (x int);
