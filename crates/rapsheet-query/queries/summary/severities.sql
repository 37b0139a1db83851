-- How many findings are critical, and how many are that or a warning.
SELECT
  count(*) FILTER (WHERE severity = 'critical') AS critical,
  count(*) FILTER (WHERE severity IN ('critical', 'warning')) AS warning
FROM findings
