-- On which weekday (1 is Monday) and at which hour of the day, in the wanted zone, the attempts come. Those of host names count
-- too, the host names do not. Logins are few and read by themselves: the many rows of the rest need not be kept apart by what happened.
SELECT
  weekday,
  hour_of_day,
  sum(attempts) AS attempts,
  sum(events) AS events,
  sum(successes) AS successes,
  sum(address) AS addresses
FROM (
  SELECT weekday, hour_of_day, attempts, events, CAST(0 AS BIGINT) AS successes, CAST(1 AS BIGINT) AS address
  FROM (
    SELECT source_ip, weekday, hour_of_day, sum(attempts) AS attempts, sum(events) AS events
    FROM activity
    WHERE source_ip IS NOT NULL
    GROUP BY source_ip, weekday, hour_of_day
  ) AS grouped
  UNION ALL
  SELECT weekday, hour_of_day, CAST(0 AS BIGINT) AS attempts, CAST(0 AS BIGINT) AS events, events AS successes, CAST(0 AS BIGINT) AS address
  FROM activity
  WHERE source_ip IS NOT NULL AND event_action = 'login' AND event_outcome = 'success'
  UNION ALL
  SELECT
    weekday, hour_of_day, attempts, events,
    CASE WHEN event_action = 'login' AND event_outcome = 'success' THEN events ELSE 0 END AS successes,
    CAST(0 AS BIGINT) AS address
  FROM activity
  WHERE source_domain IS NOT NULL AND source_ip IS NULL
) AS told
WHERE weekday IS NOT NULL AND hour_of_day IS NOT NULL
GROUP BY weekday, hour_of_day
