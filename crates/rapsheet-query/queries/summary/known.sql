-- Who is known and stands in these logs, by entry: how many addresses, what they tried, and how often they logged in. Users that are
-- known are counted by their name, keys by their logins, wherever they come from.
-- $limit = 10: how many
WITH addressed AS (
  SELECT k.known_id AS known_id, count(*) AS addresses, sum(a.attempts) AS attempts, sum(a.successes) AS successes, sum(a.events) AS events, max(a.last_seen) AS last_seen
  FROM known_addresses AS k
  JOIN addresses AS a ON a.source_ip = k.source_ip
  GROUP BY k.known_id
),
named AS (
  SELECT k.known_id AS known_id, u.addresses AS addresses, u.attempts AS attempts, u.successes AS successes, u.attempts + u.successes AS events, u.last_seen AS last_seen
  FROM known AS k
  JOIN users AS u ON u.user_name = k.value
  WHERE k.kind = 'user' AND (k.known_until IS NULL OR u.last_seen < k.known_until)
),
keyed AS (
  SELECT k.known_id AS known_id, y.addresses AS addresses, 0 AS attempts, y.logins AS successes, y.logins AS events, y.last_seen AS last_seen
  FROM known AS k
  JOIN keys AS y ON y.openssh_auth_key = k.value
  WHERE k.kind = 'key' AND (k.known_until IS NULL OR y.last_seen < k.known_until)
)
SELECT k.value AS value, k.kind AS kind, k.scope AS scope, k.note AS note, c.addresses AS addresses, c.attempts AS attempts, c.successes AS successes, c.events AS events, c.last_seen AS last_seen
FROM (SELECT known_id, addresses, attempts, successes, events, last_seen FROM addressed UNION ALL SELECT known_id, addresses, attempts, successes, events, last_seen FROM named UNION ALL SELECT known_id, addresses, attempts, successes, events, last_seen FROM keyed) AS c
JOIN known AS k ON k.known_id = c.known_id
ORDER BY c.events DESC, k.known_id
LIMIT $limit
