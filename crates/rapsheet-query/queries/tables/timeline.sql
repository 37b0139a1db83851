-- Attempts, successful logins and events of each daemon in each hour (UTC).
SELECT
  hour,
  service_name,
  sum(attempts) AS attempts,
  sum(events) AS events,
  coalesce(sum(events) FILTER (WHERE event_action = 'login' AND event_outcome = 'success'), 0) AS successes,
  coalesce(sum(events) FILTER (WHERE event_action = 'ban'), 0) AS bans
FROM activity
WHERE hour IS NOT NULL
GROUP BY hour, service_name
