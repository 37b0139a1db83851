-- What a person should act on: severity (`critical`, `warning`, `notice`), kind, which of the verdict's questions it answers, a statement, how
-- many addresses it is about, its evidence, a weight among those of its kind, the address or network, the user, the path, and when; the
-- gravest first. Kinds: `got_in` and `got_in_network` (a login after failures of the address, or of its network; a notice where it looks like
-- a mistyped password, or where a key let it in), `new_place` (a login from where its user never came before), `probed_secret_answered`,
-- `attack_answered` (the web server answered to a shell or another attack), `root_login_by_password`, `distributed` (many addresses of one
-- network, each too seldom to be banned), `slow_brute_force`, `never_banned` (many failed logins and no ban, where fail2ban's log was read),
-- `returns_after_ban`, `many_addresses_one_user`. Whoever is known is told more quietly, with the note beside it: failures of theirs are
-- notices, and a login after many failures stays what it is.
WITH parts AS (
  SELECT severity, kind, question, s1, n1, s2, n2, s3, n3, s4, addresses, e1, m1, e2, m2, e3, m3, e4, weight, source_ip, source_network, user_name, url_path, at
  FROM login_findings
  UNION ALL
  SELECT severity, kind, question, s1, n1, s2, n2, s3, n3, s4, addresses, e1, m1, e2, m2, e3, m3, e4, weight, source_ip, source_network, user_name, url_path, at
  FROM web_findings
  UNION ALL
  SELECT severity, kind, question, s1, n1, s2, n2, s3, n3, s4, addresses, e1, m1, e2, m2, e3, m3, e4, weight, source_ip, source_network, user_name, url_path, at
  FROM attack_findings
),
-- Numbers get separators.
told AS (
  SELECT
    severity, kind, question, addresses, weight, source_ip, source_network, user_name, url_path, at, s1, s2, s3, s4, e1, e2, e3, e4,
    CASE WHEN n1 < 1000 THEN CAST(n1 AS STRING) WHEN n1 < 1000000 THEN substr(CAST(n1 AS STRING), 1, length(CAST(n1 AS STRING)) - 3) || ',' || substr(CAST(n1 AS STRING), length(CAST(n1 AS STRING)) - 2)
      ELSE substr(CAST(n1 AS STRING), 1, length(CAST(n1 AS STRING)) - 6) || ',' || substr(CAST(n1 AS STRING), length(CAST(n1 AS STRING)) - 5, 3) || ',' || substr(CAST(n1 AS STRING), length(CAST(n1 AS STRING)) - 2) END AS n1,
    CASE WHEN n2 < 1000 THEN CAST(n2 AS STRING) WHEN n2 < 1000000 THEN substr(CAST(n2 AS STRING), 1, length(CAST(n2 AS STRING)) - 3) || ',' || substr(CAST(n2 AS STRING), length(CAST(n2 AS STRING)) - 2)
      ELSE substr(CAST(n2 AS STRING), 1, length(CAST(n2 AS STRING)) - 6) || ',' || substr(CAST(n2 AS STRING), length(CAST(n2 AS STRING)) - 5, 3) || ',' || substr(CAST(n2 AS STRING), length(CAST(n2 AS STRING)) - 2) END AS n2,
    CASE WHEN n3 < 1000 THEN CAST(n3 AS STRING) WHEN n3 < 1000000 THEN substr(CAST(n3 AS STRING), 1, length(CAST(n3 AS STRING)) - 3) || ',' || substr(CAST(n3 AS STRING), length(CAST(n3 AS STRING)) - 2)
      ELSE substr(CAST(n3 AS STRING), 1, length(CAST(n3 AS STRING)) - 6) || ',' || substr(CAST(n3 AS STRING), length(CAST(n3 AS STRING)) - 5, 3) || ',' || substr(CAST(n3 AS STRING), length(CAST(n3 AS STRING)) - 2) END AS n3,
    CASE WHEN m1 < 1000 THEN CAST(m1 AS STRING) WHEN m1 < 1000000 THEN substr(CAST(m1 AS STRING), 1, length(CAST(m1 AS STRING)) - 3) || ',' || substr(CAST(m1 AS STRING), length(CAST(m1 AS STRING)) - 2)
      ELSE substr(CAST(m1 AS STRING), 1, length(CAST(m1 AS STRING)) - 6) || ',' || substr(CAST(m1 AS STRING), length(CAST(m1 AS STRING)) - 5, 3) || ',' || substr(CAST(m1 AS STRING), length(CAST(m1 AS STRING)) - 2) END AS m1,
    CASE WHEN m2 < 1000 THEN CAST(m2 AS STRING) WHEN m2 < 1000000 THEN substr(CAST(m2 AS STRING), 1, length(CAST(m2 AS STRING)) - 3) || ',' || substr(CAST(m2 AS STRING), length(CAST(m2 AS STRING)) - 2)
      ELSE substr(CAST(m2 AS STRING), 1, length(CAST(m2 AS STRING)) - 6) || ',' || substr(CAST(m2 AS STRING), length(CAST(m2 AS STRING)) - 5, 3) || ',' || substr(CAST(m2 AS STRING), length(CAST(m2 AS STRING)) - 2) END AS m2,
    CASE WHEN m3 < 1000 THEN CAST(m3 AS STRING) WHEN m3 < 1000000 THEN substr(CAST(m3 AS STRING), 1, length(CAST(m3 AS STRING)) - 3) || ',' || substr(CAST(m3 AS STRING), length(CAST(m3 AS STRING)) - 2)
      ELSE substr(CAST(m3 AS STRING), 1, length(CAST(m3 AS STRING)) - 6) || ',' || substr(CAST(m3 AS STRING), length(CAST(m3 AS STRING)) - 5, 3) || ',' || substr(CAST(m3 AS STRING), length(CAST(m3 AS STRING)) - 2) END AS m3
  FROM parts
),
found AS (
  SELECT
    severity, kind, question,
    concat_ws('', s1, n1, s2, n2, s3, n3, s4) AS statement,
    addresses,
    concat_ws('', e1, m1, e2, m2, e3, m3, e4) AS evidence,
    weight, source_ip, source_network, user_name, url_path, at
  FROM told
),
-- Networks of which all addresses that were seen are known.
known_networks AS (
  SELECT p.source_network AS source_network, max(k.scope) AS scope, max(coalesce(k.note, k.known_value)) AS note
  FROM (
    SELECT q.source_network AS source_network
    FROM known_addresses AS m
    JOIN peers AS q ON q.address_id = m.address_id
    GROUP BY q.source_network
  ) AS h
  JOIN peers AS p ON p.source_network = h.source_network
  LEFT JOIN known_addresses AS k ON k.address_id = p.address_id
  GROUP BY p.source_network
  HAVING count(*) = count(k.known_id)
),
marked AS (
  SELECT
    f.severity AS severity, f.kind AS kind, f.question AS question, f.statement AS statement, f.addresses AS addresses, f.evidence AS evidence,
    f.weight AS weight, f.source_ip AS source_ip, f.source_network AS source_network, f.user_name AS user_name, f.url_path AS url_path, f.at AS at,
    CASE WHEN f.source_ip IS NULL THEN n.scope ELSE k.scope END AS scope,
    CASE WHEN f.source_ip IS NULL THEN n.note ELSE coalesce(k.note, k.known_value) END AS known
  FROM found AS f
  LEFT JOIN known_addresses AS k ON k.source_ip = f.source_ip
  LEFT JOIN known_networks AS n ON n.source_network = f.source_network
),
judged AS (
  SELECT
    CASE
      WHEN scope IS NULL THEN severity
      WHEN kind IN ('slow_brute_force', 'never_banned', 'distributed', 'returns_after_ban', 'got_in_network', 'new_place') THEN 'notice'
      WHEN kind = 'got_in' AND weight < 10 THEN 'notice'
      ELSE severity
    END AS severity,
    kind, question, statement, addresses,
    CASE WHEN known IS NULL THEN evidence ELSE concat_ws('; ', nullif(evidence, ''), 'known: ' || known) END AS evidence,
    weight, source_ip, source_network, user_name, url_path, at
  FROM marked
)
SELECT severity, kind, question, statement, addresses, evidence, weight, source_ip, source_network, user_name, url_path, at
FROM judged
ORDER BY
  CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
  CASE kind WHEN 'got_in' THEN 0 WHEN 'got_in_network' THEN 1 WHEN 'new_place' THEN 2 WHEN 'probed_secret_answered' THEN 3 WHEN 'attack_answered' THEN 4 ELSE 5 END,
  kind, weight DESC, at DESC NULLS LAST, source_ip NULLS LAST, source_network NULLS LAST, statement NULLS LAST
