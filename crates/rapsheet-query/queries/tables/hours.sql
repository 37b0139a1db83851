-- On which weekday (1 is Monday) and at which hour of the day, in the wanted zone, the attempts come. Those of host names count
-- too, the host names do not.
SELECT
  weekday,
  hour_of_day,
  sum(attempts) AS attempts,
  sum(events) AS events,
  sum(successes) AS successes,
  count(DISTINCT source_ip) AS addresses
FROM (
  SELECT source_ip, weekday, hour_of_day, attempts, events, successes
  FROM address_hours
  UNION ALL
  SELECT
    source_ip, weekday, hour_of_day, attempts, events,
    CASE WHEN event_action = 'login' AND event_outcome = 'success' THEN events ELSE 0 END AS successes
  FROM activity
  WHERE source_domain IS NOT NULL AND source_ip IS NULL
) AS told
WHERE weekday IS NOT NULL AND hour_of_day IS NOT NULL
GROUP BY weekday, hour_of_day
