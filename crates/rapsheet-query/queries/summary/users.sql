-- The user names that were tried most.
-- $limit = 10: how many
SELECT user_name, user_exists, attempts, addresses, successes
FROM users
WHERE attempts > 0
ORDER BY attempts DESC, addresses DESC, user_name
LIMIT $limit
