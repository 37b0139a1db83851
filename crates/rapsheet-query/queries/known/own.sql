-- Addresses from which the server asks itself: Apache's `internal dummy connection`, and WordPress that calls its own `wp-cron.php`.
-- $limit = 20: how many
SELECT e.source_ip AS source_ip, e.requests AS requests, e.agent AS agent
FROM (
  SELECT source_ip, count(*) AS requests, min(user_agent_original) AS agent
  FROM events
  WHERE source_ip IS NOT NULL
    AND (user_agent_original LIKE '%internal dummy connection%'
      OR (url_original LIKE '%/wp-cron.php?doing_wp_cron%' AND user_agent_original LIKE 'WordPress/%'))
  GROUP BY source_ip
) AS e
LEFT JOIN known_addresses AS k ON k.source_ip = e.source_ip
WHERE k.known_id IS NULL
ORDER BY e.requests DESC, e.source_ip
LIMIT $limit
