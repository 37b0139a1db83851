-- Every successful login, with what failed before it, the latest first.
-- $limit = 20000: how many
SELECT source_ip, at AS timestamp, host_name, user_name, openssh_auth_method, failures_before
FROM logins
ORDER BY at DESC NULLS LAST, source_ip, user_name NULLS FIRST, host_name NULLS FIRST
LIMIT $limit
