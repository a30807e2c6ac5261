CREATE TABLE tree (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES tree (id) ON DELETE CASCADE);
CREATE TABLE egg (id int PRIMARY KEY, hen int, KEY hen (hen));
CREATE TABLE hen (id int PRIMARY KEY, egg int, CONSTRAINT hen_egg FOREIGN KEY (egg) REFERENCES egg (id) ON UPDATE CASCADE ON DELETE SET NULL);
ALTER TABLE egg ADD CONSTRAINT egg_hen FOREIGN KEY (hen) REFERENCES hen (id) ON DELETE RESTRICT;
CREATE TABLE pair (a int, b varchar(10), PRIMARY KEY (a, b));
CREATE TABLE pair_of (id int PRIMARY KEY, x int, y varchar(10), z int,
  CONSTRAINT both_of FOREIGN KEY (x, y) REFERENCES pair (a, b) ON DELETE NO ACTION ON UPDATE RESTRICT,
  FOREIGN KEY (z) REFERENCES tree (id), FOREIGN KEY (z) REFERENCES egg (id));
CREATE TABLE unique_target (id int PRIMARY KEY, code varchar(10) NOT NULL UNIQUE);
CREATE TABLE to_unique (code varchar(10), CONSTRAINT `to``unique` FOREIGN KEY (code) REFERENCES unique_target (code));
CREATE TABLE inline_reference (id int PRIMARY KEY, tree int REFERENCES tree (id));
