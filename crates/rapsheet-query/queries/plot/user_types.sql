-- What kind of user the addresses that tried belong to (MaxMind's word: residential, hosting, and others), where details know it.
-- $limit = 21: how many
SELECT d.traits_user_type AS traits_user_type, sum(a.attempts) AS attempts, count(*) AS addresses
FROM addresses AS a
JOIN details AS d ON d.source_ip = a.source_ip
WHERE d.traits_user_type IS NOT NULL AND a.attempts > 0
GROUP BY d.traits_user_type
ORDER BY attempts DESC, traits_user_type
LIMIT $limit
