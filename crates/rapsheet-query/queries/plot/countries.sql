-- The countries with most attempts, and how many addresses made them; without a country: only the continent is known, or nothing.
-- $limit = 21: how many
SELECT
  d.country_iso_code AS country_iso_code, max(d.country_name) AS country_name, max(d.continent_name) AS continent_name,
  count(*) AS addresses, sum(a.attempts) AS attempts
FROM addresses AS a
LEFT JOIN details AS d ON d.source_ip = a.source_ip
WHERE a.attempts > 0
GROUP BY
  d.country_iso_code,
  CASE WHEN d.country_iso_code IS NULL THEN d.country_name END,
  CASE WHEN d.country_iso_code IS NULL AND d.country_name IS NULL THEN d.continent_code END
ORDER BY attempts DESC, addresses DESC, country_iso_code NULLS LAST, country_name NULLS LAST, continent_name NULLS LAST
LIMIT $limit
