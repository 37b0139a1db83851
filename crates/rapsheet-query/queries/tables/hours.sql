-- On which weekday (1 is Monday) and at which hour of the day, in the wanted zone, the attempts come. Those of host names count
-- too, the host names do not.
WITH domain_ids AS (
  SELECT address_id FROM peers WHERE source_domain IS NOT NULL
),
told AS (
  SELECT
    r.address_id AS address_id,
    c.weekday AS weekday,
    c.hour_of_day AS hour_of_day,
    sum(r.attempts) AS attempts,
    sum(r.events) AS events,
    sum(r.successes) AS successes
  FROM rollup_hour AS r
  JOIN clock AS c ON c.hour_id = r.hour_id
  WHERE r.address_id IS NOT NULL
  GROUP BY r.address_id, c.weekday, c.hour_of_day
)
SELECT
  t.weekday AS weekday,
  t.hour_of_day AS hour_of_day,
  sum(t.attempts) AS attempts,
  sum(t.events) AS events,
  sum(t.successes) AS successes,
  count(*) FILTER (WHERE d.address_id IS NULL) AS addresses
FROM told AS t
LEFT JOIN domain_ids AS d ON d.address_id = t.address_id
GROUP BY t.weekday, t.hour_of_day
