CREATE TABLE `order` (
  `select` int NOT NULL,
  `a.b` int,
  `back``tick` varchar(10) DEFAULT 'x',
  `it's` int,
  `"quoted"` int,
  `größe` int,
  `with space` int,
  `2fa` int,
  `a$b` int,
  `rank` int,
  `_utf8mb4` int,
  `percent%s` int,
  `semi;colon` int,
  `-- dash` int,
  `/* comment */` int,
  PRIMARY KEY (`select`),
  KEY `key` (`a.b`, `back``tick`),
  UNIQUE KEY `un``ique` (`it's`),
  CONSTRAINT `check` CHECK (`größe` > 0 and `back``tick` <> '`x`')
);
CREATE TABLE `a.b` (id int PRIMARY KEY, `order` int, CONSTRAINT `fk.1` FOREIGN KEY (`order`) REFERENCES `order` (`select`));
CREATE TABLE `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa` (`bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb` int, KEY `cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc` (`bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb`));
CREATE TABLE `üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü` (id int PRIMARY KEY);
CREATE VIEW `view``of` AS SELECT `select`, `a.b`, `back``tick` AS `x``y` FROM `order`;
CREATE TRIGGER `trig.ger` BEFORE INSERT ON `order` FOR EACH ROW SET NEW.`a.b` = 1;
CREATE FUNCTION `fun``ction`(`in` int) RETURNS int DETERMINISTIC RETURN `in` + 1;
CREATE PROCEDURE `proc edure`() SELECT '`' FROM `order`;
CREATE EVENT `e``vent` ON SCHEDULE EVERY 1 WEEK DO SELECT 'DO';
