-- What a person should act on, the gravest first. Where there are more than have room, each kind keeps its first ones, and the
-- gravest fill what is left.
-- $each = 100: how many of a kind go before all others
-- $limit = 2000: how many
WITH placed AS (
  SELECT
    severity, kind, question, statement, addresses, evidence, source_ip, source_network, at, weight,
    CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END AS gravity,
    CASE kind WHEN 'got_in' THEN 0 WHEN 'got_in_network' THEN 1 WHEN 'new_place' THEN 2 WHEN 'probed_secret_answered' THEN 3 WHEN 'attack_answered' THEN 4 WHEN 'root_login_by_password' THEN 5 WHEN 'distributed' THEN 6 ELSE 7 END AS kind_order,
    row_number() OVER (PARTITION BY severity, kind ORDER BY weight DESC, source_ip NULLS LAST, source_network NULLS LAST, statement) AS place
  FROM findings
),
kept AS (
  SELECT severity, kind, question, statement, addresses, evidence, source_ip, source_network, at, gravity, kind_order, place
  FROM placed
  ORDER BY CASE WHEN place <= $each THEN 0 ELSE 1 END, gravity, kind_order, kind, place
  LIMIT $limit
)
SELECT severity, kind, question, statement, addresses, evidence, source_ip, source_network, at AS timestamp
FROM kept
ORDER BY gravity, kind_order, kind, place
