-- Which paths were probed, why that is suspicious, by how many addresses, and how often the server gave an answer.
SELECT
  url_path,
  reason,
  sum(requests) AS requests,
  count(*) AS addresses,
  sum(answered) AS answered,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM address_paths
GROUP BY url_path, reason
