-- The countries with most attempts; without a country: nothing is known.
-- $limit = 10: how many
SELECT country_iso_code, country_name, addresses, attempts, successes, bans
FROM countries
ORDER BY attempts DESC, addresses DESC, country_iso_code NULLS LAST
LIMIT $limit
