-- In which hours each address was active, how much it did in each, and what the wanted zone's clocks show then.
SELECT
  p.source_ip AS source_ip,
  c.hour AS hour,
  c.day AS day,
  c.weekday AS weekday,
  c.hour_of_day AS hour_of_day,
  r.events AS events,
  r.attempts AS attempts,
  r.successes AS successes
FROM (
  SELECT address_id, hour_id, sum(events) AS events, sum(attempts) AS attempts, sum(successes) AS successes
  FROM rollup_hour
  WHERE address_id IS NOT NULL
  GROUP BY address_id, hour_id
) AS r
JOIN peers AS p ON p.address_id = r.address_id
LEFT JOIN clock AS c ON c.hour_id = r.hour_id
WHERE p.source_ip IS NOT NULL
