-- The paths that were probed most.
-- $limit = 10: how many
SELECT url_path, reason, requests, addresses, answered
FROM paths
ORDER BY requests DESC, addresses DESC, url_path, reason NULLS LAST
LIMIT $limit
