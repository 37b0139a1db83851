-- Which user names each address tried, how often, and whether one let it in.
SELECT
  p.source_ip AS source_ip,
  p.source_network AS source_network,
  n.name AS user_name,
  r.user_exists AS user_exists,
  r.attempts AS attempts,
  r.successes AS successes,
  r.first_seen AS first_seen,
  r.last_seen AS last_seen
FROM (
  SELECT
    address_id,
    user_id,
    bool_or(user_exists) AS user_exists,
    sum(attempts) AS attempts,
    sum(successes) AS successes,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
  FROM rollup_user
  WHERE user_id IS NOT NULL
  GROUP BY address_id, user_id
) AS r
JOIN peers AS p ON p.address_id = r.address_id
JOIN names AS n ON n.name_id = r.user_id
WHERE p.source_ip IS NOT NULL
