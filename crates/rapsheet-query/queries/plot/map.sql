-- How many attempts come from each point on the map, and by how many addresses.
SELECT d.location_latitude AS location_latitude, d.location_longitude AS location_longitude, sum(a.attempts) AS attempts, count(*) AS addresses
FROM addresses AS a
JOIN details AS d ON d.source_ip = a.source_ip
WHERE d.location_latitude IS NOT NULL AND d.location_longitude IS NOT NULL AND a.attempts > 0
GROUP BY d.location_latitude, d.location_longitude
ORDER BY attempts DESC, location_latitude, location_longitude
