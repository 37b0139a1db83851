-- How many attempts come from each country by addresses without a point on the map.
SELECT d.country_iso_code AS country_iso_code, max(d.country_name) AS country_name, sum(a.attempts) AS attempts, count(*) AS addresses
FROM addresses AS a
JOIN details AS d ON d.source_ip = a.source_ip
WHERE d.country_iso_code IS NOT NULL AND (d.location_latitude IS NULL OR d.location_longitude IS NULL) AND a.attempts > 0
GROUP BY d.country_iso_code
ORDER BY attempts DESC, country_iso_code
