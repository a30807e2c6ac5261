//! first
use crate::sql::*;
#[test]
fn smoke() {
    for l in [Lexicon::SQLITE, Lexicon::POSTGRES, Lexicon::MYSQL] {
        let s = "select 1; select ';' from x -- foo\n";
        let v = split(s, &l).unwrap();
        assert_eq!(v.len(), 2);
    }
    let m = "CREATE DEFINER=`a`@`b` PROCEDURE p(x int) BEGIN IF x THEN SET @y=CASE WHEN 1 THEN 2 END; END IF; END; select 1; DELIMITER $$\nfoo$$ bar $$\ndelimiter ;\nx";
    let v = split(m, &Lexicon::MYSQL).unwrap();
    let t: Vec<_> = v.iter().map(|s| s.text(m)).collect();
    assert_eq!(t.len(), 5, "{t:?}");
}
