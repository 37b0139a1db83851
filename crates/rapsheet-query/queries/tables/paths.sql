-- Which paths were probed, why that is suspicious, by how many addresses, and how often the server gave an answer. Requests of
-- host names count too, the host names do not.
SELECT
  url_path,
  reason,
  sum(requests) AS requests,
  sum(address) AS addresses,
  sum(answered) AS answered,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM (
  SELECT url_path, reason, requests, CAST(1 AS BIGINT) AS address, answered, first_seen, last_seen
  FROM address_paths
  UNION ALL
  SELECT url_path, reason, attempts AS requests, CAST(0 AS BIGINT) AS address, CASE WHEN event_outcome = 'success' THEN events ELSE 0 END AS answered, first_seen, last_seen
  FROM activity
  WHERE source_domain IS NOT NULL AND source_ip IS NULL AND url_path IS NOT NULL AND suspicious
) AS told
GROUP BY url_path, reason
HAVING sum(requests) > 0
