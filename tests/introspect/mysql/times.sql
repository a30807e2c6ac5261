CREATE TABLE t (
  a date DEFAULT '2020-02-29',
  b time DEFAULT '12:00:00',
  c time(6) DEFAULT '-838:59:59.000000',
  d datetime DEFAULT CURRENT_TIMESTAMP,
  e datetime(3) DEFAULT NOW(3) ON UPDATE NOW(3),
  f datetime ON UPDATE CURRENT_TIMESTAMP,
  g timestamp,
  h timestamp NULL DEFAULT NULL,
  i timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  j timestamp(6) NOT NULL DEFAULT '2020-01-01 00:00:00.000000',
  k year DEFAULT 2020,
  l year(4),
  m date DEFAULT (current_date()),
  n datetime DEFAULT (now() + interval 1 day),
  o timestamp NULL DEFAULT CURRENT_TIMESTAMP
);
