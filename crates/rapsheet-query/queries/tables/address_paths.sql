-- Which paths each address probed, why that is suspicious, and how often the server gave an answer. A request that stands in the
-- access log and in the error log counts once: the second line is no attempt.
SELECT
  p.source_ip AS source_ip,
  n.name AS url_path,
  r.reason AS reason,
  r.requests AS requests,
  r.answered AS answered,
  r.first_seen AS first_seen,
  r.last_seen AS last_seen
FROM (
  SELECT
    address_id,
    path_id,
    reason,
    sum(attempts) AS requests,
    sum(answered) AS answered,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
  FROM rollup_path
  GROUP BY address_id, path_id, reason
  HAVING sum(attempts) > 0
) AS r
JOIN peers AS p ON p.address_id = r.address_id
JOIN names AS n ON n.name_id = r.path_id
WHERE p.source_ip IS NOT NULL
