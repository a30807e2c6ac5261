CREATE TABLE n (a INTEGER, b TEXT, UNIQUE (a) CHECK (a > 0) CONSTRAINT x CHECK (b <> '') FOREIGN KEY (a) REFERENCES n (a) PRIMARY KEY (b));
CREATE TABLE m(a int not null default 3 collate nocase unique check(a>0)references m(a),b text);
