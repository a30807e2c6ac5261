CREATE TABLE a (id int PRIMARY KEY) page_compressed = 1 page_compression_level = 6;
CREATE TABLE b (id int PRIMARY KEY) ENGINE = Aria TRANSACTIONAL = 1 PAGE_CHECKSUM = 1;
CREATE TABLE c (id int PRIMARY KEY) ENGINE = Aria ROW_FORMAT = FIXED;
CREATE TABLE d (id int PRIMARY KEY, x int) encrypted = NO;
