-- The user names that the selected addresses tried, and how many there are. Rust fills the table selected (source_ip) with the addresses in question.
-- $limit = 50: how many
SELECT user_name, user_exists, attempts, addresses, first_seen, last_seen, count(*) OVER () AS of_all
FROM (
  SELECT
    x.user_name AS user_name, bool_or(x.user_exists) AS user_exists, sum(x.attempts) AS attempts, count(*) AS addresses,
    min(x.first_seen) AS first_seen, max(x.last_seen) AS last_seen
  FROM address_users AS x
  JOIN selected AS s ON s.source_ip = x.source_ip
  WHERE x.attempts > 0
  GROUP BY x.user_name
) AS tried
ORDER BY attempts DESC, user_name
LIMIT $limit
