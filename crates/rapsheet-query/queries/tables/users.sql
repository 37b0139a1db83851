-- Which user names were tried, by how many addresses, and whether the server has them (NULL where no line tells).
SELECT
  user_name,
  bool_or(user_exists) AS user_exists,
  sum(attempts) AS attempts,
  count(*) FILTER (WHERE attempts > 0) AS addresses,
  sum(successes) AS successes,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM address_users
GROUP BY user_name
