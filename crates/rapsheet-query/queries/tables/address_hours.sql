-- In which hours each address was active, and how much it did in each.
-- Logins are few and read by themselves: the many rows of the rest need not be kept apart by what happened. What the wanted
-- zone's clocks show in an hour is joined to it, which is faster than to group by it.
WITH told AS (
  SELECT source_ip, hour, sum(events) AS events, sum(attempts) AS attempts, sum(successes) AS successes
  FROM (
    SELECT source_ip, hour, events, attempts, CAST(0 AS BIGINT) AS successes
    FROM activity
    WHERE source_ip IS NOT NULL
    UNION ALL
    SELECT source_ip, hour, CAST(0 AS BIGINT) AS events, CAST(0 AS BIGINT) AS attempts, events AS successes
    FROM activity
    WHERE source_ip IS NOT NULL AND event_action = 'login' AND event_outcome = 'success'
  ) AS parts
  GROUP BY source_ip, hour
),
clock AS (
  SELECT hour, max(day) AS day, max(weekday) AS weekday, max(hour_of_day) AS hour_of_day
  FROM activity
  WHERE hour IS NOT NULL
  GROUP BY hour
)
SELECT
  t.source_ip,
  t.hour,
  c.day,
  c.weekday,
  c.hour_of_day,
  t.events,
  t.attempts,
  t.successes
FROM told AS t
LEFT JOIN clock AS c ON c.hour = t.hour
