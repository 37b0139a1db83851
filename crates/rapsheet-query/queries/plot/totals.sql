-- Of how much a picture tells: addresses, attempts, from when to when.
SELECT count(*) AS addresses, coalesce(sum(attempts), 0) AS attempts, min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM addresses
