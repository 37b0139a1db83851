-- The paths that the selected addresses probed, and how many there are. Rust fills the table selected (source_ip) with the addresses in question.
-- $limit = 50: how many
SELECT url_path, reason, requests, addresses, answered, first_seen, last_seen, count(*) OVER () AS of_all
FROM (
  SELECT
    x.url_path AS url_path, x.reason AS reason, sum(x.requests) AS requests, count(*) AS addresses, sum(x.answered) AS answered,
    min(x.first_seen) AS first_seen, max(x.last_seen) AS last_seen
  FROM address_paths AS x
  JOIN selected AS s ON s.source_ip = x.source_ip
  GROUP BY x.url_path, x.reason
) AS probed
ORDER BY requests DESC, url_path, reason NULLS LAST
LIMIT $limit
