-- Attempts, successful logins and bans of each daemon in each hour.
SELECT hour, service_name, attempts, successes, bans, events
FROM timeline
ORDER BY hour, service_name
