-- From which countries the addresses come. Rows without a country: one for each continent of which no more is known, and one of those
-- of which nothing is known. Where a network is registered, or whom its users stand for, is not where it is.
SELECT
  d.country_iso_code AS country_iso_code,
  max(d.country_name) AS country_name,
  max(d.continent_code) AS continent_code,
  max(d.continent_name) AS continent_name,
  count(*) AS addresses,
  sum(a.attempts) AS attempts,
  sum(a.successes) AS successes,
  sum(a.bans) AS bans
FROM addresses AS a
LEFT JOIN details AS d ON d.source_ip = a.source_ip
GROUP BY
  d.country_iso_code,
  CASE WHEN d.country_iso_code IS NULL THEN d.country_name END,
  CASE WHEN d.country_iso_code IS NULL AND d.country_name IS NULL THEN d.continent_code END
