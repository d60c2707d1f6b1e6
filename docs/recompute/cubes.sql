-- What was published, against the facts. Reads the variable "publication", a published folder, and the tables hires and
-- ends that facts.sql leaves. Leaves the tables published and counted, and writes its findings. Rules: docs/how-to/recompute.md.
CREATE OR REPLACE MACRO file(name) AS getvariable('publication') || '/' || name;
CREATE OR REPLACE TABLE manifest AS
SELECT "month" AS month_of, revision, k, ledger_size, checkpoint, cubes
FROM read_json(file('manifest.json'), columns = {"month": 'VARCHAR', revision: 'INTEGER', k: 'INTEGER', ledger_size: 'BIGINT',
    checkpoint: 'VARCHAR', cubes: 'STRUCT("name" VARCHAR, "columns" VARCHAR[], cells BIGINT, withheld BIGINT)[]'});
CREATE OR REPLACE TABLE finding (code VARCHAR, about VARCHAR, what VARCHAR);

-- 1. The cells again, from the facts: of each cube the codes of its columns, totals among them, and how many there are.
CREATE OR REPLACE MACRO up(code) AS ['_T', code];
CREATE OR REPLACE MACRO ways(channel) AS
    CASE channel WHEN 'direct' THEN ['_T', 'direct'] ELSE ['_T', 'placement', channel] END;
CREATE OR REPLACE MACRO places(province, regency) AS
    [{'p': '_T', 'r': '_T'}, {'p': province, 'r': '_T'}, {'p': province, 'r': regency}];
CREATE OR REPLACE TABLE hired_then AS
SELECT * FROM hires WHERE strftime("month", '%Y-%m') = (SELECT month_of FROM manifest);
CREATE OR REPLACE TABLE ended_then AS
SELECT * FROM ends WHERE strftime("month", '%Y-%m') = (SELECT month_of FROM manifest);

CREATE OR REPLACE TABLE counted AS
WITH cell AS (
    SELECT 'hires-by-regency' AS cube, [u.p, u.r, c] AS key FROM (
        SELECT unnest(places(province, regency)) AS u, ways(channel) AS cs FROM hired_then), unnest(cs) AS t(c)
    UNION ALL SELECT 'hires-by-industry', [p, c, i]
    FROM hired_then, unnest(up(province)) AS t1(p), unnest(ways(channel)) AS t2(c), unnest(up(industry)) AS t3(i)
    UNION ALL SELECT 'hires-by-occupation', [p, c, o]
    FROM hired_then, unnest(up(province)) AS t1(p), unnest(ways(channel)) AS t2(c), unnest(up(occupation)) AS t3(o)
    UNION ALL SELECT 'hires-by-age', [p, c, s, a] FROM hired_then,
        unnest(up(province)) AS t1(p), unnest(ways(channel)) AS t2(c), unnest(up(sex)) AS t3(s), unnest(up(age_band)) AS t4(a)
    UNION ALL SELECT 'hires-by-education', [p, c, s, e] FROM hired_then,
        unnest(up(province)) AS t1(p), unnest(ways(channel)) AS t2(c), unnest(up(sex)) AS t3(s), unnest(up(education)) AS t4(e)
    UNION ALL SELECT 'ends-by-industry', [p, g, i]
    FROM ended_then, unnest(up(province)) AS t1(p), unnest(up(cause_group)) AS t2(g), unnest(up(industry)) AS t3(i)
    UNION ALL SELECT 'ends-by-age', [p, g, s, a] FROM ended_then,
        unnest(up(province)) AS t1(p), unnest(up(cause_group)) AS t2(g), unnest(up(sex)) AS t3(s), unnest(up(age_band)) AS t4(a)
    UNION ALL SELECT 'ends-by-contract', [p, g, c]
    FROM ended_then, unnest(up(province)) AS t1(p), unnest(up(cause_group)) AS t2(g), unnest(up(contract)) AS t3(c)
)
SELECT cube, key, count(*) AS n FROM cell GROUP BY cube, key;

CREATE OR REPLACE TABLE cube AS FROM (VALUES
    ('hires-by-regency', ['province', 'regency', 'channel']),
    ('hires-by-industry', ['province', 'channel', 'industry']),
    ('hires-by-occupation', ['province', 'channel', 'occupation']),
    ('hires-by-age', ['province', 'channel', 'sex', 'age_band']),
    ('hires-by-education', ['province', 'channel', 'sex', 'education']),
    ('ends-by-industry', ['province', 'cause_group', 'industry']),
    ('ends-by-age', ['province', 'cause_group', 'sex', 'age_band']),
    ('ends-by-contract', ['province', 'cause_group', 'contract'])) AS t("name", "columns");

-- 2. The cells as published, in each format: codes, value (null where withheld), status and month as told beside them.
CREATE OR REPLACE MACRO stem(filename) AS regexp_extract(filename, '([^/]+?)(\.sdmx)?\.[a-z]+$', 1);
CREATE OR REPLACE MACRO picked(line, names) AS list_transform(names, lambda each: line ->> each);
CREATE OR REPLACE TABLE told AS
WITH sheet AS (
    SELECT 'csv' AS format, stem(filename) AS cube, to_json(t) AS line, false AS loud
    FROM read_csv(file('*-by-*[a-z].csv'), all_varchar = true, union_by_name = true, filename = true, header = true,
        delim = ',', quote = '"', null_padding = false) AS t WHERE filename NOT LIKE '%.sdmx.csv'
    UNION ALL
    SELECT 'parquet', stem(filename), to_json(t), false
    FROM read_parquet(file('*.parquet'), union_by_name = true, filename = true) AS t
    UNION ALL
    SELECT 'sdmx-csv', stem(filename), to_json(t), true
    FROM read_csv(file('*.sdmx.csv'), all_varchar = true, union_by_name = true, filename = true, header = true,
        delim = ',', quote = '"') AS t
), leaf AS (
    SELECT stem(filename) AS cube, "month", unnest(cells) AS cell
    FROM read_json(file('*-by-*.json'), filename = true, maximum_object_size = 1000000000,
        columns = {"month": 'VARCHAR', cells: 'VARCHAR[][]'})
)
SELECT format, s.cube,
    picked(line, CASE WHEN loud THEN list_transform(c."columns", lambda each: upper(each)) ELSE c."columns" END) AS key,
    line ->> CASE WHEN loud THEN 'OBS_VALUE' ELSE 'value' END AS "value",
    CASE WHEN loud THEN (line ->> 'OBS_STATUS') || (line ->> 'CONF_STATUS') ELSE coalesce(line ->> 'status', '') END AS status,
    line ->> CASE WHEN loud THEN 'TIME_PERIOD' ELSE 'month' END AS "month"
FROM sheet s JOIN cube c ON c."name" = s.cube
UNION ALL
SELECT 'json' AS format, cube, cell[:-2], cell[-1], NULL, "month" FROM leaf;

-- What the codes mean, as CSV and JSON tell it.
CREATE OR REPLACE TABLE label AS
SELECT DISTINCT 'csv' AS format, cube, u.name, line ->> u.name AS code,
    [line ->> (u.name || '_id'), line ->> (u.name || '_en')] AS means
FROM (
    SELECT stem(filename) AS cube, to_json(t) AS line
    FROM read_csv(file('*-by-*[a-z].csv'), all_varchar = true, union_by_name = true, filename = true, header = true,
        delim = ',', quote = '"') AS t WHERE filename NOT LIKE '%.sdmx.csv'
) s JOIN cube c ON c."name" = s.cube, unnest(c."columns") AS u(name)
UNION ALL
SELECT 'json' AS format, cube, name, unnest(map_keys(codes[name])), unnest(map_values(codes[name])) FROM (
    SELECT stem(filename) AS cube, codes, unnest(map_keys(codes)) AS name
    FROM read_json(file('*-by-*.json'), filename = true, maximum_object_size = 1000000000,
        columns = {codes: 'MAP(VARCHAR, MAP(VARCHAR, VARCHAR[]))'})
);

-- SDMX has codes of its own; of which cell they are is looked up among the codes that two other formats have.
CREATE OR REPLACE MACRO bare(code) AS regexp_replace(regexp_extract(code, '[^/]*$'), '[^A-Za-z0-9_@$-]', '_', 'g');
CREATE OR REPLACE MACRO sdmx(code) AS CASE code WHEN '_T' THEN '_T' WHEN 'unknown' THEN '_U' WHEN '0-14' THEN 'Y_LE14'
    WHEN '55+' THEN 'Y_GE55' ELSE CASE WHEN regexp_full_match(bare(code), '\d+-\d+') THEN 'Y' || replace(bare(code), '-', 'T')
    ELSE bare(code) END END;
CREATE OR REPLACE TABLE listed AS
SELECT cube, key, list_transform(key, lambda each: sdmx(each)) AS sdmx_key
FROM told WHERE format <> 'sdmx-csv' GROUP BY cube, key HAVING count(DISTINCT format) >= 2;
CREATE OR REPLACE TABLE published AS
WITH keyed AS (
    SELECT * FROM told WHERE format <> 'sdmx-csv'
    UNION ALL BY NAME
    SELECT t.* REPLACE (coalesce(l.key, t.key) AS key)
    FROM (FROM told WHERE format = 'sdmx-csv') t LEFT JOIN listed l ON l.cube = t.cube AND l.sdmx_key = t.key
)
SELECT format, cube, key, TRY_CAST("value" AS BIGINT) AS "value", "value" AS said, coalesce("value", '') = '' AS withheld,
    status, "month"
FROM keyed;

-- 3. Cell by cell.
CREATE OR REPLACE MACRO named(cube, key) AS cube || ' ' || array_to_string(key, ' ');
CREATE OR REPLACE TABLE format AS SELECT unnest(['csv', 'json', 'parquet', 'sdmx-csv']) AS format;
-- What a cell is taken to be: withheld when most formats withhold it; and the count that the facts give.
CREATE OR REPLACE TABLE cell AS
SELECT l.cube, l.key, coalesce(any_value(c.n), 0) AS n, count(*) FILTER (p.withheld) * 2 > count(*) AS withheld
FROM listed l LEFT JOIN counted c USING (cube, key) LEFT JOIN published p USING (cube, key) GROUP BY l.cube, l.key;

INSERT INTO finding
SELECT 'cell-differs', named(p.cube, p.key), p.format || ': got ' || p.said || ', the facts give ' || coalesce(c.n, 0)
FROM published p LEFT JOIN counted c USING (cube, key) WHERE NOT p.withheld AND p."value" IS DISTINCT FROM coalesce(c.n, 0);
INSERT INTO finding
SELECT 'cell-small', named(p.cube, p.key), p.format || ': ' || p.said || ' is published, less than ' || k
FROM published p, manifest WHERE p."value" BETWEEN 1 AND k - 1;
INSERT INTO finding
SELECT 'cell-shown', named(p.cube, p.key), p.format || ': has a value, which others withhold'
FROM published p JOIN cell c USING (cube, key) WHERE c.withheld AND NOT p.withheld;
INSERT INTO finding
SELECT 'cell-withheld', named(p.cube, p.key), p.format || ': withholds what others publish'
FROM published p JOIN cell c USING (cube, key) WHERE p.withheld AND NOT c.withheld;
INSERT INTO finding
SELECT 'cell-status', named(p.cube, p.key), p.format || ': status ' || p.status || ' beside ' || coalesce(p.said, 'nothing')
FROM published p WHERE p.status IS NOT NULL AND p.status IS DISTINCT FROM CASE p.format
    WHEN 'sdmx-csv' THEN CASE WHEN p.withheld THEN 'QC' ELSE 'AF' END ELSE CASE WHEN p.withheld THEN 'suppressed' ELSE '' END END;
INSERT INTO finding
SELECT 'cell-month', named(p.cube, p.key), p.format || ': got ' || coalesce(p."month", 'none') || ', expected ' || month_of
FROM published p, manifest WHERE p."month" IS DISTINCT FROM month_of;
INSERT INTO finding
SELECT 'cell-twice', named(cube, key), format || ': stands ' || count(*) || ' times'
FROM published GROUP BY format, cube, key HAVING count(*) > 1;
INSERT INTO finding
SELECT 'cell-surplus', named(p.cube, p.key), p.format || ': in no other format' FROM published p ANTI JOIN listed l USING (cube, key);
INSERT INTO finding
SELECT 'cell-missing', named(l.cube, l.key), f.format || ': is not there'
FROM listed l CROSS JOIN format f ANTI JOIN published p ON p.format = f.format AND p.cube = l.cube AND p.key = l.key;
INSERT INTO finding
SELECT 'cell-missing', named(c.cube, c.key), 'in no format: the facts give ' || c.n
FROM counted c JOIN cube u ON u."name" = c.cube ANTI JOIN listed l USING (cube, key);

INSERT INTO finding
SELECT 'label-differs', a.cube || ' ' || a.name || ' ' || a.code, a.format || ': ' || array_to_string(a.means, ' / ')
FROM label a ANTI JOIN label b ON b.format <> a.format AND b.cube = a.cube AND b.name = a.name AND b.code = a.code AND b.means = a.means;

-- Every combination of a cube's codes is a cell, the empty ones among them.
CREATE OR REPLACE TABLE shape AS
SELECT l.cube, u."columns" AS names, list(DISTINCT key[1]) AS c1, list(DISTINCT key[2]) AS c2, list(DISTINCT key[3]) AS c3,
    list(DISTINCT key[4]) AS c4, list(DISTINCT key[:2]) AS pairs
FROM listed l JOIN cube u ON u."name" = l.cube GROUP BY l.cube, u."columns";
INSERT INTO finding
SELECT 'cell-missing', named(cube, key), 'in no format' FROM (
    SELECT cube, list_append(pair, c) AS key FROM shape, unnest(pairs) AS t1(pair), unnest(c3) AS t2(c)
    WHERE names[2] = 'regency'
    UNION ALL SELECT cube, [a, b, c] FROM shape, unnest(c1) AS t1(a), unnest(c2) AS t2(b), unnest(c3) AS t3(c)
    WHERE names[2] <> 'regency' AND len(names) = 3
    UNION ALL SELECT cube, [a, b, c, d]
    FROM shape, unnest(c1) AS t1(a), unnest(c2) AS t2(b), unnest(c3) AS t3(c), unnest(c4) AS t4(d) WHERE len(names) = 4
) ANTI JOIN listed USING (cube, key);

-- 4. Cube by cube: a total is the sum of its parts, and of a total and its parts not just one is withheld.
CREATE OR REPLACE MACRO parent(code, below) AS CASE WHEN code IN ('_T') THEN NULL
    WHEN below = 'channel' AND code NOT IN ('direct', 'placement') THEN 'placement' ELSE '_T' END;
CREATE OR REPLACE TABLE sums AS
WITH part AS (
    SELECT c.cube, c.key, c.n, c.withheld, unnest(range(1, len(c.key) + 1)) AS slot, u."columns" AS names
    FROM cell c JOIN cube u ON u."name" = c.cube
), above AS (
    SELECT *, list_concat(list_append(key[:slot - 1], parent(key[slot], names[slot])), key[slot + 1:]) AS whole
    FROM part WHERE key[slot] <> '_T' AND NOT (names[slot] = 'province' AND names[slot + 1] = 'regency' AND key[slot + 1] <> '_T')
), shown AS (
    SELECT cube, key, max("value") AS "value" FROM published WHERE NOT withheld GROUP BY cube, key
)
SELECT a.cube, a.whole, a.slot, count(*) FILTER (a.withheld) + any_value(w.withheld::INTEGER) AS unknowns,
    count(*) AS parts, sum(s."value") AS total, any_value(t."value") AS said,
    list(a.key) FILTER (a.withheld) AS hidden
FROM above a JOIN cell w ON w.cube = a.cube AND w.key = a.whole
LEFT JOIN shown s ON s.cube = a.cube AND s.key = a.key LEFT JOIN shown t ON t.cube = a.cube AND t.key = a.whole
GROUP BY a.cube, a.whole, a.slot;
INSERT INTO finding
SELECT 'total-differs', named(cube, whole), 'got ' || said || ', its parts add up to ' || total
FROM sums WHERE unknowns = 0 AND total IS DISTINCT FROM said;
INSERT INTO finding
SELECT 'cell-recoverable', named(cube, coalesce(hidden[1], whole)), 'withheld alone of a total and its parts'
FROM sums WHERE unknowns = 1;
INSERT INTO finding
SELECT 'cell-needless', named(cube, key), 'withheld, though the facts give 0'
FROM cell, manifest WHERE withheld AND n = 0 AND revision IS NOT DISTINCT FROM 1;
INSERT INTO finding
SELECT 'manifest-differs', u."name", 'the manifest has ' || coalesce(m.cells, 0) || ' cells, ' || coalesce(m.withheld, 0)
    || ' withheld; there are ' || s.cells || ', ' || s.withheld
FROM cube u LEFT JOIN (SELECT unnest(cubes, recursive := true) FROM manifest) m ON m."name" = u."name"
LEFT JOIN (SELECT cube, count(*) AS cells, count(*) FILTER (withheld) AS withheld FROM cell GROUP BY cube) s ON s.cube = u."name"
WHERE m.cells IS DISTINCT FROM s.cells OR m.withheld IS DISTINCT FROM s.withheld OR m."columns" IS DISTINCT FROM u."columns";
INSERT INTO finding
SELECT 'manifest-differs', 'k', 'got ' || k || ', expected 5' FROM manifest WHERE k IS DISTINCT FROM 5;

COPY (
    SELECT code, about, regexp_replace(what, '[\t\n\r]+', ' ', 'g') FROM finding ORDER BY ALL
) TO 'cubes.findings' (FORMAT csv, DELIMITER '\t', QUOTE '', ESCAPE '', HEADER false);
