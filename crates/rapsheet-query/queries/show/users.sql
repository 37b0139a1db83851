-- The user names that the selected addresses tried. Rust fills the table selected (source_ip) with the addresses in question.
-- $limit = 50: how many
SELECT x.source_ip AS source_ip, x.user_name AS user_name, x.user_exists AS user_exists, x.attempts AS attempts, x.successes AS successes, x.first_seen AS first_seen, x.last_seen AS last_seen
FROM address_users AS x
JOIN selected AS s ON s.source_ip = x.source_ip
ORDER BY x.attempts DESC, x.user_name, x.source_ip
LIMIT $limit
