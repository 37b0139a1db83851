-- Every successful login, with what failed before it, the latest first. Where there are more than have room, those stay whose
-- failures look most like guessing.
-- $limit = 20000: how many
SELECT source_ip, timestamp, host_name, user_name, openssh_auth_method, failures_before
FROM (
  SELECT source_ip, at AS timestamp, host_name, user_name, openssh_auth_method, failures_before
  FROM logins
  ORDER BY grade DESC, at DESC NULLS LAST, source_ip, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST, failures_before
  LIMIT $limit
) AS kept
ORDER BY timestamp DESC NULLS LAST, source_ip, user_name NULLS FIRST, host_name NULLS FIRST, openssh_auth_method NULLS FIRST, failures_before
