-- What exported facts say, computed from their clear bytes alone. Reads the variables "facts", the exported folder, and
-- "publication", a published one or ''. Leaves the tables derived, standing, hires and ends, and writes its findings. Rules:
-- docs/how-to/recompute.md, which this file was written from. Nothing here is shared with the registry.
SET TimeZone = 'UTC';

-- Until when, and up to which position of each shard, facts are known: all, or as the publication says.
CREATE OR REPLACE TABLE reach (until TIMESTAMPTZ, shard INTEGER, position BIGINT);
INSERT INTO reach SELECT 'infinity', shard, 9223372036854775807 FROM range(16) AS t(shard)
WHERE getvariable('publication') = '';
INSERT INTO reach SELECT cut_off::TIMESTAMPTZ, unnest(map_keys(positions)), unnest(map_values(positions))
FROM read_json(CASE getvariable('publication') WHEN '' THEN getvariable('facts') ELSE getvariable('publication') END
    || '/manifest.json', columns = {cut_off: 'VARCHAR', positions: 'MAP(INTEGER, BIGINT)'})
WHERE getvariable('publication') <> '';

-- The files that count are those that the manifest lists.
CREATE OR REPLACE TABLE listed_file AS
SELECT unnest(files, recursive := true) FROM read_json(getvariable('facts') || '/manifest.json', columns = {files:
    'STRUCT(path VARCHAR, shard INTEGER, "first" BIGINT, "last" BIGINT, "rows" BIGINT, event VARCHAR)[]'});
SET VARIABLE files = (SELECT list(getvariable('facts') || '/' || path ORDER BY path) FROM listed_file);
CREATE OR REPLACE VIEW exported AS
SELECT * REPLACE (replace(filename, getvariable('facts') || '/', '') AS filename)
FROM read_parquet(getvariable('files'), filename = true, hive_partitioning = false);

-- 1. For the checker of leaves: every raw column as text. Bytes and texts in hex, "-" for null.
COPY (
    SELECT hex(encode(filename)), coalesce(shard::VARCHAR, '-'), coalesce(position::VARCHAR, '-'),
        coalesce(hex(encode(stream)), '-'), coalesce(version::VARCHAR, '-'), coalesce(hex(encode(topic)), '-'),
        coalesce(epoch_us(recorded_at)::VARCHAR, '-'), coalesce(hex(submission), '-'), coalesce(hex(salt), '-'),
        coalesce(hex(clear), '-'), coalesce(hex(sealed_hash), '-'), coalesce(log_index::VARCHAR, '-')
    FROM exported ORDER BY shard, position, log_index
) TO 'rows.tsv' (FORMAT csv, DELIMITER '\t', QUOTE '', ESCAPE '', HEADER false);

CREATE OR REPLACE TABLE finding (code VARCHAR, about VARCHAR, what VARCHAR);

INSERT INTO finding
SELECT 'manifest-differs', path, 'the file is not as the manifest says'
FROM listed_file l LEFT JOIN (
    SELECT filename, min(shard) AS shard, min(position) AS low, max(position) AS high, count(*) AS n,
        arg_max(stream || ':' || version, position) AS final
    FROM exported GROUP BY filename
) f ON f.filename = l.path
WHERE (l.shard, l."first", l."last", l."rows", l.event) IS DISTINCT FROM (f.shard, f.low, f.high, f.n, f.final);
INSERT INTO finding
SELECT 'manifest-differs', 'rows', 'got ' || coalesce(m."rows", 0) || ', expected ' || (SELECT count(*) FROM exported)
FROM read_json(getvariable('facts') || '/manifest.json', columns = {"rows": 'BIGINT'}) m
WHERE m."rows" IS DISTINCT FROM (SELECT count(*) FROM exported);

-- 2. The typed columns again, from the clear bytes.
CREATE OR REPLACE TABLE topic AS SELECT unnest([
    'employer.registered', 'employer.verified', 'employer.establishment-opened', 'employer.establishment-moved',
    'employer.establishment-suspended', 'employer.establishment-resumed', 'employer.establishment-closed',
    'worker.registered', 'worker.identity-verified', 'worker.identity-mismatched', 'worker.identity-corrected',
    'worker.contact-verified', 'worker.labour-force-status-declared', 'worker.education-recorded',
    'worker.skills-declared', 'worker.disability-declared', 'worker.photo-taken', 'worker.merged', 'worker.split',
    'worker.key-destroyed', 'worker.hired', 'worker.contract-recorded', 'worker.contract-extended',
    'worker.converted-to-permanent', 'worker.position-changed', 'worker.wage-changed', 'worker.location-changed',
    'worker.suspended', 'worker.resumed', 'worker.employer-transferred', 'worker.warning-issued',
    'worker.termination-notified', 'worker.termination-contested', 'worker.termination-settled', 'worker.terminated',
    'worker.reinstated', 'worker.employment-ended', 'worker.training-enrolled', 'worker.training-completed',
    'worker.apprenticeship-started', 'worker.apprenticeship-ended', 'worker.certificate-issued',
    'worker.certificate-suspended', 'worker.certificate-revoked', 'worker.card-issued', 'worker.card-suspended',
    'worker.card-reinstated', 'worker.card-revoked', 'worker.card-superseded', 'worker.wallet-credential-issued',
    'worker.phone-key-enrolled', 'worker.phone-key-withdrawn', 'fact.corrected', 'fact.voided',
    'worker.statement-added', 'worker.dispute-opened', 'worker.dispute-resolved']) AS topic;

CREATE OR REPLACE TABLE derived AS
WITH parsed AS (
    SELECT filename, shard, position, stream, version, topic, recorded_at, log_index,
        CASE WHEN json_valid(TRY(decode(clear))) THEN TRY(decode(clear))::JSON END AS j
    FROM exported
), told AS (
    SELECT * EXCLUDE (j),
        from_json(j, '{"actor": {"organisation": "VARCHAR", "role": "VARCHAR"}, "late_reason": "VARCHAR",
            "fact": {"type": "VARCHAR", "effective_on": "VARCHAR", "corrects": "INTEGER", "voids": "INTEGER"}}') AS said,
        from_json(CASE WHEN topic = 'fact.corrected' THEN j -> '$.fact.fact' ELSE j -> '$.fact' END, '{
            "type": "VARCHAR", "effective_on": "VARCHAR", "employment": "VARCHAR", "employer": "VARCHAR",
            "establishment": "VARCHAR", "industry": "VARCHAR", "regency": "VARCHAR", "occupation": "VARCHAR",
            "channel": "VARCHAR", "contract": {"kind": "VARCHAR", "ends_on": "VARCHAR"}, "ends_on": "VARCHAR",
            "cause": "VARCHAR", "declared": "BOOLEAN", "wage_band": "INTEGER", "birth_year": "INTEGER",
            "sex": "VARCHAR", "nationality": "VARCHAR", "education": "VARCHAR", "residence": "VARCHAR",
            "status": "VARCHAR", "training": "VARCHAR", "unit": "VARCHAR", "certificate": "VARCHAR"}') AS carried
    FROM parsed
), known AS (
    SELECT *, topic IN (FROM topic) AND carried.type IN (FROM topic) AS is_known FROM told
), trusted AS (
    SELECT *, CASE WHEN is_known THEN carried END AS f FROM known
)
SELECT filename, shard, position, stream, version, topic, recorded_at, log_index, said.fact.type AS said,
    TRY_CAST(CASE WHEN is_known THEN f.effective_on ELSE said.fact.effective_on END AS DATE) AS effective_on,
    said.actor.organisation AS organisation,
    said.actor."role" AS "role",
    CASE said.actor."role" WHEN 'worker' THEN 'self-declared' WHEN 'employer' THEN 'employer-stated'
        ELSE 'authority-attested' END AS standing,
    said.late_reason AS late_reason,
    CASE WHEN is_known THEN CASE topic WHEN 'fact.corrected' THEN said.fact.corrects
        WHEN 'fact.voided' THEN said.fact.voids END END AS amends,
    CASE WHEN is_known THEN CASE topic WHEN 'fact.corrected' THEN false WHEN 'fact.voided' THEN true END END AS voids,
    CASE WHEN topic <> 'fact.voided' THEN f.type END AS fact_topic,
    f.employment, f.employer, f.establishment, f.industry, f.regency, f.occupation, f.channel,
    f.contract.kind AS contract,
    TRY_CAST(coalesce(f.contract.ends_on, f.ends_on) AS DATE) AS ends_on,
    coalesce(f.cause, CASE f.type WHEN 'worker.converted-to-permanent' THEN 'agreement' END) AS cause,
    coalesce(f.declared, CASE f.type WHEN 'worker.hired' THEN false END) AS declared,
    f.wage_band, f.birth_year, f.sex,
    coalesce(f.nationality, CASE f.type WHEN 'worker.registered' THEN 'IDN' END) AS nationality,
    f.education, f.residence, f.status, f.training, f.unit, f.certificate
FROM trusted;

CREATE OR REPLACE MACRO differs(name, got, want) AS CASE WHEN got IS DISTINCT FROM want
    THEN name || ': got ' || coalesce(got::VARCHAR, 'null') || ', expected ' || coalesce(want::VARCHAR, 'null') END;

INSERT INTO finding
SELECT 'clear-malformed', stream || ':' || version, 'the clear bytes are no JSON of a fact of this topic'
FROM derived WHERE said IS DISTINCT FROM topic OR effective_on IS NULL;

INSERT INTO finding
SELECT 'column-differs', about, what FROM (
    SELECT e.stream || ':' || e.version AS about, unnest([
        differs('effective_on', e.effective_on, d.effective_on), differs('organisation', e.organisation, d.organisation),
        differs('role', e."role", d."role"), differs('standing', e.standing, d.standing),
        differs('late_reason', e.late_reason, d.late_reason), differs('amends', e.amends, d.amends),
        differs('voids', e.voids, d.voids), differs('fact_topic', e.fact_topic, d.fact_topic),
        differs('employment', e.employment, d.employment), differs('employer', e.employer, d.employer),
        differs('establishment', e.establishment, d.establishment), differs('industry', e.industry, d.industry),
        differs('regency', e.regency, d.regency), differs('occupation', e.occupation, d.occupation),
        differs('channel', e.channel, d.channel), differs('contract', e.contract, d.contract),
        differs('ends_on', e.ends_on, d.ends_on), differs('cause', e.cause, d.cause),
        differs('declared', e.declared, d.declared), differs('wage_band', e.wage_band, d.wage_band),
        differs('birth_year', e.birth_year, d.birth_year), differs('sex', e.sex, d.sex),
        differs('nationality', e.nationality, d.nationality), differs('education', e.education, d.education),
        differs('residence', e.residence, d.residence), differs('status', e.status, d.status),
        differs('training', e.training, d.training), differs('unit', e.unit, d.unit),
        differs('certificate', e.certificate, d.certificate)]) AS what
    FROM exported e JOIN derived d USING (filename, shard, position, stream, version, log_index)
) WHERE what IS NOT NULL;

-- 3. Which facts stand, by what was then known. Amendments are read from the latest back: one that a later
-- standing one voids has no effect, and of several about one fact the latest wins.
CREATE OR REPLACE TABLE known AS
SELECT d.* FROM derived d JOIN reach r ON r.shard = d.shard AND d.recorded_at <= r.until AND d.position <= r.position
QUALIFY row_number() OVER (PARTITION BY stream, version ORDER BY d.shard, d.position) = 1;

CREATE OR REPLACE TABLE amending AS
SELECT a.stream, a.version, a.amends, a.voids,
    row_number() OVER (PARTITION BY a.stream ORDER BY a.version DESC) AS back,
    a.voids AND b.version IS NOT NULL AS voids_amendment
FROM known a LEFT JOIN known b ON b.stream = a.stream AND b.version = a.amends AND b.amends IS NOT NULL
WHERE a.amends IS NOT NULL;

CREATE OR REPLACE TABLE deciding AS
WITH RECURSIVE walk(stream, back, dead) AS (
    SELECT DISTINCT stream, 0::BIGINT, []::INTEGER[] FROM amending
    UNION ALL
    SELECT a.stream, a.back, CASE WHEN a.voids_amendment AND NOT list_contains(w.dead, a.version)
        THEN list_append(w.dead, a.amends) ELSE w.dead END
    FROM walk w JOIN amending a ON a.stream = w.stream AND a.back = w.back + 1
), dead AS (
    SELECT stream, arg_max(dead, back) AS versions FROM walk GROUP BY stream
), chain(stream, version, target) AS (
    SELECT stream, version, amends FROM amending
    UNION ALL
    SELECT c.stream, c.version, a.amends
    FROM chain c JOIN amending a ON a.stream = c.stream AND a.version = c.target AND a.amends < a.version
), root AS (
    SELECT stream, version, min(target) AS fact FROM chain GROUP BY stream, version
)
SELECT a.stream, r.fact, max(a.version) AS version
FROM amending a JOIN root r USING (stream, version) JOIN dead d USING (stream)
WHERE NOT a.voids_amendment AND NOT list_contains(d.versions, a.version)
GROUP BY a.stream, r.fact;

-- A corrected fact stands in its own place, as the correction that decides it tells it; a voided one is left out.
CREATE OR REPLACE TABLE standing AS
SELECT k.* FROM known k ANTI JOIN deciding d ON d.stream = k.stream AND d.fact = k.version WHERE k.amends IS NULL
UNION ALL BY NAME
SELECT k.* REPLACE (d.fact AS version) FROM known k JOIN deciding d USING (stream, version) WHERE NOT k.voids;

-- 4. One row a hire and one an end, with every dimension.
CREATE OR REPLACE MACRO category(industry) AS 'kbli:2020/' || CASE
    WHEN substr(industry, 11, 2) BETWEEN '01' AND '03' THEN 'A' WHEN substr(industry, 11, 2) BETWEEN '05' AND '09' THEN 'B'
    WHEN substr(industry, 11, 2) BETWEEN '10' AND '33' THEN 'C' WHEN substr(industry, 11, 2) = '35' THEN 'D'
    WHEN substr(industry, 11, 2) BETWEEN '36' AND '39' THEN 'E' WHEN substr(industry, 11, 2) BETWEEN '41' AND '43' THEN 'F'
    WHEN substr(industry, 11, 2) BETWEEN '45' AND '47' THEN 'G' WHEN substr(industry, 11, 2) BETWEEN '49' AND '53' THEN 'H'
    WHEN substr(industry, 11, 2) BETWEEN '55' AND '56' THEN 'I' WHEN substr(industry, 11, 2) BETWEEN '58' AND '63' THEN 'J'
    WHEN substr(industry, 11, 2) BETWEEN '64' AND '66' THEN 'K' WHEN substr(industry, 11, 2) = '68' THEN 'L'
    WHEN substr(industry, 11, 2) BETWEEN '69' AND '75' THEN 'M' WHEN substr(industry, 11, 2) BETWEEN '77' AND '82' THEN 'N'
    WHEN substr(industry, 11, 2) = '84' THEN 'O' WHEN substr(industry, 11, 2) = '85' THEN 'P'
    WHEN substr(industry, 11, 2) BETWEEN '86' AND '88' THEN 'Q' WHEN substr(industry, 11, 2) BETWEEN '90' AND '93' THEN 'R'
    WHEN substr(industry, 11, 2) BETWEEN '94' AND '96' THEN 'S' WHEN substr(industry, 11, 2) BETWEEN '97' AND '98' THEN 'T'
    WHEN substr(industry, 11, 2) = '99' THEN 'U' END;
CREATE OR REPLACE MACRO province(regency) AS 'kemendagri:2025/' || substr(regency, 17, 2);
CREATE OR REPLACE MACRO major(occupation) AS 'kbji:2014/' || substr(occupation, 11, 1);
CREATE OR REPLACE MACRO age_band(age) AS CASE WHEN age IS NULL THEN 'unknown' WHEN age < 15 THEN '0-14'
    WHEN age < 18 THEN '15-17' WHEN age < 25 THEN '18-24' WHEN age < 35 THEN '25-34' WHEN age < 45 THEN '35-44'
    WHEN age < 55 THEN '45-54' ELSE '55+' END;
CREATE OR REPLACE MACRO cause_group(cause) AS CASE
    WHEN cause IN ('resignation', 'PP35/2021:42(2)', 'PP35/2021:48', 'PP35/2021:50') THEN 'resignation'
    WHEN cause IN ('expiry', 'project-complete') THEN 'expiry'
    WHEN cause = 'mutual' THEN 'mutual'
    WHEN cause IN ('retirement', 'PP35/2021:56') THEN 'retirement'
    WHEN cause IN ('death', 'PP35/2021:57') THEN 'death'
    ELSE 'layoff' END;
CREATE OR REPLACE MACRO place_in_time(day, version) AS {'day': day, 'version': version};

-- Who a person was from which place in time on: the registration from the beginning, then what changed it.
CREATE OR REPLACE TABLE person AS
SELECT stream, place_in_time(CASE WHEN fact_topic = 'worker.registered' THEN DATE '0001-01-01' ELSE effective_on END,
        version) AS since,
    birth_year, sex, education
FROM standing WHERE (fact_topic = 'worker.registered' AND version = 1)
    OR fact_topic IN ('worker.identity-corrected', 'worker.education-recorded');

CREATE OR REPLACE MACRO with_person(rows) AS TABLE
SELECT r.*, coalesce(arg_max(p.sex, p.since) FILTER (p.sex IS NOT NULL), 'unknown') AS sex,
    age_band(year(any_value(r.effective_on)) - arg_max(p.birth_year, p.since) FILTER (p.birth_year IS NOT NULL)) AS age_band,
    coalesce(arg_max(p.education, p.since) FILTER (p.education IS NOT NULL), 'unknown') AS education
FROM query_table(rows) r LEFT JOIN person p ON p.stream = r.stream AND p.since.day <= r.effective_on
GROUP BY ALL;

-- Of the hires that name an employment, the last in order of effect begins it.
CREATE OR REPLACE TABLE hired AS
SELECT * FROM standing WHERE fact_topic = 'worker.hired'
QUALIFY row_number() OVER (PARTITION BY stream, employment ORDER BY effective_on DESC, version DESC) = 1;

CREATE OR REPLACE TABLE hire AS
SELECT stream, employment, employer, effective_on, date_trunc('month', effective_on)::DATE AS "month", channel,
    province(regency) AS province, regency, category(industry) AS industry, major(occupation) AS occupation, contract
FROM hired WHERE NOT declared;

CREATE OR REPLACE TABLE hires AS FROM with_person('hire');

-- An employment has ended when the last word on it, after its hire, is an end and no reinstatement.
CREATE OR REPLACE TABLE during AS
SELECT s.* , place_in_time(s.effective_on, s.version) AS point FROM standing s JOIN hired h USING (stream, employment)
WHERE place_in_time(s.effective_on, s.version) >= place_in_time(h.effective_on, h.version);

CREATE OR REPLACE TABLE ended AS
SELECT * EXCLUDE (employer, regency, industry, contract), stream, employment FROM during
WHERE fact_topic IN ('worker.terminated', 'worker.employment-ended', 'worker.reinstated')
QUALIFY row_number() OVER (PARTITION BY stream, employment ORDER BY point DESC) = 1;

-- What stood last of it: place, industry, employer and contract, whichever facts changed them.
CREATE OR REPLACE TABLE stood AS
SELECT stream, employment,
    arg_max(employer, point) FILTER (fact_topic IN ('worker.hired', 'worker.employer-transferred')) AS employer,
    arg_max(industry, point) FILTER (fact_topic IN ('worker.hired', 'worker.employer-transferred')) AS industry,
    arg_max(regency, point) FILTER (fact_topic IN ('worker.hired', 'worker.employer-transferred', 'worker.location-changed'))
        AS regency,
    arg_max(CASE fact_topic WHEN 'worker.converted-to-permanent' THEN 'permanent' ELSE contract END, point)
        FILTER (fact_topic IN ('worker.hired', 'worker.contract-recorded', 'worker.converted-to-permanent')) AS contract
FROM during GROUP BY stream, employment;

CREATE OR REPLACE TABLE last_day AS
SELECT stream, employment, s.employer, e.effective_on, date_trunc('month', e.effective_on)::DATE AS "month",
    cause_group(e.cause) AS cause_group, e.cause, province(s.regency) AS province, s.regency,
    category(s.industry) AS industry, s.contract
FROM ended e JOIN stood s USING (stream, employment) WHERE e.fact_topic <> 'worker.reinstated';

CREATE OR REPLACE TABLE ends AS FROM with_person('last_day');

COPY (
    SELECT code, about, regexp_replace(what, '[\t\n\r]+', ' ', 'g') FROM finding ORDER BY ALL
) TO 'facts.findings' (FORMAT csv, DELIMITER '\t', QUOTE '', ESCAPE '', HEADER false);
