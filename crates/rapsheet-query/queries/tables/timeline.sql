-- Attempts, successful logins and events of each daemon in each hour (UTC).
SELECT
  c.hour AS hour,
  r.service_name AS service_name,
  sum(r.attempts) AS attempts,
  sum(r.events) AS events,
  sum(r.successes) AS successes,
  sum(r.bans) AS bans
FROM rollup_service AS r
JOIN clock AS c ON c.hour_id = r.hour_id
GROUP BY c.hour, r.service_name
