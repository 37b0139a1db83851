-- Which paths each address probed, why that is suspicious, and how often the server gave an answer. A request that stands in the
-- access log and in the error log counts once: the second line is no attempt.
SELECT
  source_ip,
  url_path,
  reason,
  sum(attempts) AS requests,
  coalesce(sum(events) FILTER (WHERE event_outcome = 'success'), 0) AS answered,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM activity
WHERE source_ip IS NOT NULL AND url_path IS NOT NULL AND suspicious
GROUP BY source_ip, url_path, reason
HAVING sum(attempts) > 0
