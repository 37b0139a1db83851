-- On how many days (of the wanted zone), in how many hours and on how many servers each address was active.
-- Distinct values are grouped first and counted then, which is many times faster than count(DISTINCT) for so many groups.
WITH hours AS (
  SELECT address_id, hour_id
  FROM rollup_hour
  WHERE address_id IS NOT NULL
  GROUP BY address_id, hour_id
),
days AS (
  SELECT h.address_id AS address_id, c.day AS day, count(h.hour_id) AS hours
  FROM hours AS h
  LEFT JOIN clock AS c ON c.hour_id = h.hour_id
  GROUP BY h.address_id, c.day
),
active AS (
  SELECT address_id, count(day) AS active_days, sum(hours) AS active_hours
  FROM days
  GROUP BY address_id
),
servers AS (
  SELECT address_id, count(host_id) AS hosts
  FROM (SELECT address_id, host_id FROM rollup_kind WHERE address_id IS NOT NULL GROUP BY address_id, host_id) AS grouped
  GROUP BY address_id
)
SELECT p.source_ip AS source_ip, a.active_days AS active_days, a.active_hours AS active_hours, s.hosts AS hosts, a.address_id AS address_id
FROM active AS a
JOIN servers AS s ON s.address_id = a.address_id
JOIN peers AS p ON p.address_id = a.address_id
WHERE p.source_ip IS NOT NULL
