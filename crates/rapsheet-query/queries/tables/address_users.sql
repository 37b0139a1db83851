-- Which user names each address tried, how often, and whether one let it in.
SELECT
  source_ip,
  max(source_network) AS source_network,
  user_name,
  bool_or(user_exists) AS user_exists,
  sum(attempts) AS attempts,
  coalesce(sum(events) FILTER (WHERE event_action = 'login' AND event_outcome = 'success'), 0) AS successes,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM activity
WHERE source_ip IS NOT NULL AND user_name IS NOT NULL AND (suspicious OR event_action = 'login')
GROUP BY source_ip, user_name
