-- Addresses that only connect, at nearly all hours of at least a day, and never try a user: health checks?
-- $connections = 100: how many connections at least
-- $limit = 20: how many
SELECT a.source_ip AS source_ip, b.connections AS connections, a.active_days AS days, a.active_hours AS hours
FROM (
  SELECT p.source_ip AS source_ip, sum(k.events) AS connections
  FROM rollup_kind AS k
  JOIN peers AS p ON p.address_id = k.address_id
  WHERE k.event_category = 'authentication' AND k.event_action IN ('preauth_close', 'probe') AND p.source_ip IS NOT NULL
  GROUP BY p.source_ip
) AS b
JOIN addresses AS a ON a.source_ip = b.source_ip
LEFT JOIN known_addresses AS k ON k.source_ip = b.source_ip
WHERE b.connections >= $connections AND a.users_tried = 0 AND a.successes = 0 AND a.paths_probed = 0 AND a.bans + a.restored = 0
  AND a.active_hours >= 24 AND a.active_hours >= a.active_days * 18 AND k.known_id IS NULL
ORDER BY b.connections DESC, a.source_ip
LIMIT $limit
