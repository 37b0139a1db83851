-- On how many days, in how many hours and on how many servers each address was active.
-- Distinct values are grouped first and counted then, which is many times faster than count(DISTINCT) for so many groups.
WITH days AS (
  SELECT source_ip, count(day) AS active_days
  FROM (SELECT source_ip, day FROM activity WHERE source_ip IS NOT NULL GROUP BY source_ip, day) AS grouped
  GROUP BY source_ip
),
clock AS (
  SELECT source_ip, count(hour) AS active_hours
  FROM (SELECT source_ip, hour FROM activity WHERE source_ip IS NOT NULL GROUP BY source_ip, hour) AS grouped
  GROUP BY source_ip
),
servers AS (
  SELECT source_ip, count(host_name) AS hosts
  FROM (SELECT source_ip, host_name FROM activity WHERE source_ip IS NOT NULL GROUP BY source_ip, host_name) AS grouped
  GROUP BY source_ip
)
SELECT d.source_ip AS source_ip, d.active_days AS active_days, c.active_hours AS active_hours, h.hosts AS hosts
FROM days AS d
JOIN clock AS c ON c.source_ip = d.source_ip
JOIN servers AS h ON h.source_ip = d.source_ip
