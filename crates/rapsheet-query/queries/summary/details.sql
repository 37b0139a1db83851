-- Of how many addresses the country, the city, a point on the map, the autonomous system and the type of user are known. `nowhere` are
-- private and reserved addresses, which no database was asked about.
SELECT
  count(*) AS addresses,
  count(country_iso_code) AS country,
  count(city_name) AS city,
  count(location_latitude) AS point,
  count(traits_autonomous_system_number) AS asn,
  count(traits_user_type) AS user_type,
  count(*) FILTER (WHERE scope <> 'global' AND details_source IS NULL) AS nowhere
FROM details
WHERE source_ip IN (SELECT source_ip FROM addresses)
