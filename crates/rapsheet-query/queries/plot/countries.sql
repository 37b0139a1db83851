-- The countries with most attempts, and how many addresses made them; without a country: nothing is known.
-- $limit = 21: how many
SELECT d.country_iso_code AS country_iso_code, max(d.country_name) AS country_name, count(*) AS addresses, sum(a.attempts) AS attempts
FROM addresses AS a
LEFT JOIN details AS d ON d.source_ip = a.source_ip
WHERE a.attempts > 0
GROUP BY d.country_iso_code
ORDER BY attempts DESC, addresses DESC, country_iso_code NULLS LAST
LIMIT $limit
