-- How often each remote side tried each user name, by the ids of `peers` and `names`.
SELECT address_id, user_id, sum(attempts) AS attempts
FROM rollup_user
WHERE address_id IS NOT NULL AND user_id IS NOT NULL
GROUP BY address_id, user_id
HAVING sum(attempts) > 0
