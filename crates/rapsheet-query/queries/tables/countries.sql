-- From which countries the addresses come; the row without a country is of those of which nothing is known.
SELECT
  d.country_iso_code AS country_iso_code,
  max(d.country_name) AS country_name,
  max(d.continent_code) AS continent_code,
  count(*) AS addresses,
  sum(a.attempts) AS attempts,
  sum(a.successes) AS successes,
  sum(a.bans) AS bans
FROM addresses AS a
LEFT JOIN details AS d ON d.source_ip = a.source_ip
GROUP BY d.country_iso_code
