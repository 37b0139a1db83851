-- The countries with most attempts; without a country: only the continent is known, or nothing.
-- $limit = 10: how many
SELECT country_iso_code, country_name, continent_name, addresses, attempts, successes, bans
FROM countries
ORDER BY attempts DESC, addresses DESC, country_iso_code NULLS LAST, country_name NULLS LAST, continent_code NULLS LAST
LIMIT $limit
