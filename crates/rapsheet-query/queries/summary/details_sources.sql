-- Which databases, or which of them together, told what is known of the addresses.
SELECT details_source
FROM details
WHERE details_source IS NOT NULL AND source_ip IN (SELECT source_ip FROM addresses)
GROUP BY details_source
ORDER BY details_source
