-- Which user names were tried, by how many addresses, and whether the server has them (NULL where no line tells). Attempts of host
-- names count too, the host names do not.
WITH domain_ids AS (
  SELECT address_id FROM peers WHERE source_domain IS NOT NULL
),
pairs AS (
  SELECT
    address_id,
    user_id,
    bool_or(user_exists) AS user_exists,
    sum(attempts) AS attempts,
    sum(successes) AS successes,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
  FROM rollup_user
  WHERE user_id IS NOT NULL AND address_id IS NOT NULL
  GROUP BY address_id, user_id
),
counted AS (
  SELECT
    t.user_id AS user_id,
    bool_or(t.user_exists) AS user_exists,
    sum(t.attempts) AS attempts,
    count(*) FILTER (WHERE t.attempts > 0 AND d.address_id IS NULL) AS addresses,
    sum(t.successes) AS successes,
    min(t.first_seen) AS first_seen,
    max(t.last_seen) AS last_seen
  FROM pairs AS t
  LEFT JOIN domain_ids AS d ON d.address_id = t.address_id
  GROUP BY t.user_id
)
SELECT
  n.name AS user_name,
  c.user_exists AS user_exists,
  c.attempts AS attempts,
  c.addresses AS addresses,
  c.successes AS successes,
  c.first_seen AS first_seen,
  c.last_seen AS last_seen
FROM counted AS c
JOIN names AS n ON n.name_id = c.user_id
