CREATE TABLE defaults (
  a DEFAULT 1, b DEFAULT -1, c DEFAULT +1, d DEFAULT (2), e DEFAULT (-2.5e10), f DEFAULT .5,
  g DEFAULT 0x1F, h DEFAULT 'it''s', i DEFAULT "double", j DEFAULT bare, k DEFAULT x'0aFF',
  l DEFAULT NULL, m DEFAULT (NULL), n DEFAULT TRUE, o DEFAULT (false),
  p DEFAULT CURRENT_TIMESTAMP, q DEFAULT current_date, r DEFAULT (CURRENT_TIME),
  s DEFAULT (1 + 1), t DEFAULT (datetime('now', 'localtime')), u DEFAULT (random() % 5),
  v DEFAULT ('a' || 'b'), w DEFAULT -'x', x DEFAULT '', y DEFAULT (((3))), z DEFAULT 'a
b',
  aa DEFAULT ( /* a comment */ 1 -- and another
    + 2 ),
  bb DEFAULT ('--not a comment'), cc DEFAULT (json_object('a', 1)), dd DEFAULT '💾', ee DEFAULT 9223372036854775808
);
