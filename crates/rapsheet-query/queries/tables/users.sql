-- Which user names were tried, by how many addresses, and whether the server has them (NULL where no line tells). Attempts of host
-- names count too, the host names do not.
WITH counted AS (
  SELECT
    user_id,
    bool_or(user_exists) AS user_exists,
    sum(attempts) AS attempts,
    sum(successes) AS successes,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
  FROM rollup_user
  WHERE user_id IS NOT NULL AND address_id IS NOT NULL
  GROUP BY user_id
),
trying AS (
  SELECT t.user_id AS user_id, count(*) AS addresses
  FROM tries AS t
  LEFT JOIN (SELECT address_id FROM peers WHERE source_domain IS NOT NULL) AS d ON d.address_id = t.address_id
  WHERE d.address_id IS NULL
  GROUP BY t.user_id
)
SELECT
  n.name AS user_name,
  c.user_exists AS user_exists,
  c.attempts AS attempts,
  coalesce(t.addresses, 0) AS addresses,
  c.successes AS successes,
  c.first_seen AS first_seen,
  c.last_seen AS last_seen
FROM counted AS c
JOIN names AS n ON n.name_id = c.user_id
LEFT JOIN trying AS t ON t.user_id = c.user_id
