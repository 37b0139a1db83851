-- Which paths were probed, why that is suspicious, by how many addresses, and how often the server gave an answer. Requests of
-- host names count too, the host names do not.
WITH domain_ids AS (
  SELECT address_id FROM peers WHERE source_domain IS NOT NULL
),
pairs AS (
  SELECT
    address_id,
    path_id,
    reason,
    sum(attempts) AS requests,
    sum(answered) AS answered,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
  FROM rollup_path
  WHERE address_id IS NOT NULL
  GROUP BY address_id, path_id, reason
  HAVING sum(attempts) > 0
),
counted AS (
  SELECT
    t.path_id AS path_id,
    t.reason AS reason,
    sum(t.requests) AS requests,
    count(*) FILTER (WHERE d.address_id IS NULL) AS addresses,
    sum(t.answered) AS answered,
    min(t.first_seen) AS first_seen,
    max(t.last_seen) AS last_seen
  FROM pairs AS t
  LEFT JOIN domain_ids AS d ON d.address_id = t.address_id
  GROUP BY t.path_id, t.reason
)
SELECT
  n.name AS url_path,
  c.reason AS reason,
  c.requests AS requests,
  c.addresses AS addresses,
  c.answered AS answered,
  c.first_seen AS first_seen,
  c.last_seen AS last_seen
FROM counted AS c
JOIN names AS n ON n.name_id = c.path_id
