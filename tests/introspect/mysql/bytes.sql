CREATE TABLE t (
  a binary(3) DEFAULT 'abc',
  b binary(2) DEFAULT x'ff00',
  c varbinary(10) DEFAULT x'00',
  d varbinary(10) DEFAULT 'it''s',
  e varbinary(10) DEFAULT '',
  f varbinary(10) DEFAULT 0xe282ac,
  g varbinary(10) DEFAULT x'f09f9880',
  h varbinary(10) DEFAULT x'fffe3f',
  i blob DEFAULT (x'00ff'),
  j tinyblob, k mediumblob, l longblob,
  m binary, n varbinary(1)
);
