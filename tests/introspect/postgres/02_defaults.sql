CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"', 'happy');
CREATE DOMAIN positive AS integer DEFAULT 1 CHECK (VALUE > 0);
CREATE DOMAIN label AS varchar(20) DEFAULT 'none';
CREATE SEQUENCE codes;
CREATE FUNCTION next_code() RETURNS text LANGUAGE sql AS 'SELECT ''c'' || nextval(''codes'')::text';
CREATE TABLE defaults (
    a numeric(10,2) DEFAULT -1, b bit(3) DEFAULT B'101', c bigint DEFAULT 3000000000,
    d float8 DEFAULT -1.5, e timestamp(3) DEFAULT '2020-01-01', f interval DEFAULT '1 day',
    g bytea DEFAULT '\x00ff', h char(3) DEFAULT 'ab', i "char" DEFAULT 'x', j text[] DEFAULT '{}',
    k varchar(3)[] DEFAULT '{a,"b c"}', l jsonb DEFAULT '{"b": 1, "a": [1, 2]}', m boolean DEFAULT true,
    n date DEFAULT current_date, o timestamptz DEFAULT now(), p text DEFAULT 'it''s \ a "test"',
    q money DEFAULT 1, r numeric DEFAULT 1e3, s varbit DEFAULT B'1', u inet DEFAULT '::1',
    v smallint DEFAULT 3, w time DEFAULT '10:00', x int DEFAULT '5'::bigint,
    y interval day to second(3) DEFAULT '1 day', z real DEFAULT 'NaN', aa varchar(20) DEFAULT ('a' || 'b'),
    bb name DEFAULT 'q', cc text DEFAULT 'x'::varchar, dd oid DEFAULT 5, ee int4range DEFAULT '[1,2)',
    ff timestamp DEFAULT (now() AT TIME ZONE 'utc'), gg tsvector DEFAULT 'a', hh xml DEFAULT '<a/>',
    ii point DEFAULT '(1,2)', jj text COLLATE "C" DEFAULT 'x', kk bit DEFAULT B'1',
    ll numeric DEFAULT 'Infinity', mm int DEFAULT +5, nn text DEFAULT NULL::text,
    oo varchar(5) DEFAULT NULL::varchar, pp mood DEFAULT 'it''s "ok"', qq mood[] DEFAULT ARRAY['sad']::mood[],
    rr positive, ss positive DEFAULT 7, tt positive DEFAULT NULL, uu label DEFAULT 'x', vv text DEFAULT next_code(),
    ww timestamptz DEFAULT '2020-02-03 04:05:06.789+02', xx json DEFAULT '{"b":1, "a":2}', yy boolean DEFAULT false,
    zz text DEFAULT CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END, ab int DEFAULT (1 + 2) * 3, ac text DEFAULT current_user,
    ad double precision DEFAULT random(), ae uuid DEFAULT gen_random_uuid(), af text DEFAULT '', ag int DEFAULT 0,
    ah text DEFAULT E'two\nlines', ai text DEFAULT '☃', aj integer[] DEFAULT ARRAY[1, 2], ak text DEFAULT 'null',
    al timestamptz DEFAULT CURRENT_TIMESTAMP, am timestamptz DEFAULT CURRENT_TIMESTAMP(3),
    an date DEFAULT '2020-01-01'::date + 1, ao numeric(4,1) DEFAULT 1.25, ap boolean DEFAULT (1 = 1),
    aq float4 DEFAULT 1.1, ar bigint DEFAULT nextval('codes'), "at" text DEFAULT lower('A') COLLATE "C"
);
