-- The /24 and /64 networks with most attempts.
-- $limit = 10: how many
SELECT network, organization, addresses, attempts, successes, bans, addresses_under_threshold, first_seen, last_seen
FROM networks
WHERE kind = 'network' AND attempts + bans > 0
ORDER BY attempts DESC, addresses DESC, network
LIMIT $limit
