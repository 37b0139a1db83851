-- In which hours each address was active, and how much it did in each.
-- Logins are few and read by themselves: the many rows of the rest need not be kept apart by what happened.
SELECT
  source_ip,
  hour,
  day,
  weekday,
  hour_of_day,
  sum(events) AS events,
  sum(attempts) AS attempts,
  sum(successes) AS successes
FROM (
  SELECT source_ip, hour, day, weekday, hour_of_day, events, attempts, CAST(0 AS BIGINT) AS successes
  FROM activity
  WHERE source_ip IS NOT NULL
  UNION ALL
  SELECT source_ip, hour, day, weekday, hour_of_day, CAST(0 AS BIGINT) AS events, CAST(0 AS BIGINT) AS attempts, events AS successes
  FROM activity
  WHERE source_ip IS NOT NULL AND event_action = 'login' AND event_outcome = 'success'
) AS told
GROUP BY source_ip, hour, day, weekday, hour_of_day
