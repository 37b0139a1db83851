-- The paths that the selected addresses probed. Rust fills the table selected (source_ip) with the addresses in question.
-- $limit = 50: how many
SELECT x.source_ip AS source_ip, x.url_path AS url_path, x.reason AS reason, x.requests AS requests, x.answered AS answered, x.first_seen AS first_seen, x.last_seen AS last_seen
FROM address_paths AS x
JOIN selected AS s ON s.source_ip = x.source_ip
ORDER BY x.requests DESC, x.url_path, x.reason NULLS LAST, x.source_ip
LIMIT $limit
