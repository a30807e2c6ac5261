CREATE TABLE every_type (
    a smallint, b integer, c bigint, d numeric, e numeric(10,2), f numeric(5), g real, h double precision,
    i money, j text, k varchar, l varchar(20), m char, n char(5), o bpchar, p "char", q name,
    r bytea, s boolean, t date, u time, v time(3), w timetz, x timetz(2), y timestamp, z timestamp(0),
    aa timestamptz, ab timestamptz(3), ac interval, ad interval(3), ae interval year to month,
    af interval day to second(2), ag uuid, ah json, ai jsonb, aj xml, ak inet, al cidr, am macaddr,
    an macaddr8, ao bit, ap bit(8), aq varbit, ar varbit(16), "as" point, at line, au lseg, av box, aw path,
    ax polygon, ay circle, az tsvector, ba tsquery, bb int4range, bc int8range, bd numrange, be tsrange,
    bf tstzrange, bg daterange, bh int4multirange, bi oid, bj regclass, bk regtype, bl pg_lsn, bm text[],
    bn varchar(10)[], bo integer[][], bp numeric(8,3)[], bq timestamp(3)[], br jsonb[], bs "char"[],
    bt int4range[], bu bit(4)[], bv interval(2)[], bw numeric(3,-2), bx jsonpath, by xid8, bz txid_snapshot
);
