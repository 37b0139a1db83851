-- In which hours each address was active, and how much it did in each.
SELECT
  source_ip,
  hour,
  day,
  weekday,
  hour_of_day,
  sum(events) AS events,
  sum(attempts) AS attempts,
  coalesce(sum(events) FILTER (WHERE event_action = 'login' AND event_outcome = 'success'), 0) AS successes
FROM activity
WHERE source_ip IS NOT NULL
GROUP BY source_ip, hour, day, weekday, hour_of_day
