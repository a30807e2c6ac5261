CREATE TABLE t (
  a uuid DEFAULT (uuid()), b inet6 DEFAULT '::1', c inet4,
  d json, e json NOT NULL DEFAULT '[]' COMMENT 'list',
  f longtext CHECK (json_valid(f)),
  g longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin CHECK (json_valid(d)),
  h longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  i varchar(10) COMPRESSED, j text COMPRESSED DEFAULT 'x',
  k int INVISIBLE, l int INVISIBLE NOT NULL DEFAULT 1,
  m point REF_SYSTEM_ID = 4326,
  n text UNIQUE,
  o int,
  KEY ignored (o) IGNORED
);
