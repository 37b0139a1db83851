-- Which user names were tried, by how many addresses, and whether the server has them (NULL where no line tells). Attempts of host
-- names count too, the host names do not.
SELECT
  user_name,
  bool_or(user_exists) AS user_exists,
  sum(attempts) AS attempts,
  sum(address) AS addresses,
  sum(successes) AS successes,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM (
  SELECT user_name, user_exists, attempts, CAST(CASE WHEN attempts > 0 THEN 1 ELSE 0 END AS BIGINT) AS address, successes, first_seen, last_seen
  FROM address_users
  UNION ALL
  SELECT
    user_name, user_exists, attempts, CAST(0 AS BIGINT) AS address,
    CASE WHEN event_action = 'login' AND event_outcome = 'success' THEN events ELSE 0 END AS successes, first_seen, last_seen
  FROM activity
  WHERE source_domain IS NOT NULL AND source_ip IS NULL AND user_name IS NOT NULL AND (suspicious OR event_action = 'login')
) AS told
GROUP BY user_name
