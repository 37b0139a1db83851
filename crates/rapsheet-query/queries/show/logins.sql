-- The successful logins of the selected addresses, with what failed before each: first those after failures that look like guessing,
-- then the latest; and how many there are. Rust fills the table selected (source_ip) with the addresses in question.
-- $limit = 100: how many
SELECT
  x.source_ip AS source_ip, x.host_name AS host_name, x.user_name AS user_name, x.openssh_auth_method AS openssh_auth_method, x.at AS at, x.failures_before AS failures_before,
  x.user_names_before AS user_names_before, x.network_failures_before AS network_failures_before, x.network_addresses_before AS network_addresses_before, x.grade AS grade, x.network_grade AS network_grade, x.failures_elsewhere AS failures_elsewhere,
  count(*) OVER () AS of_all
FROM logins AS x
JOIN selected AS s ON s.source_ip = x.source_ip
ORDER BY CASE WHEN grade >= 2 OR network_grade = 1 THEN 0 ELSE 1 END, at DESC, source_ip, user_name NULLS LAST, host_name NULLS LAST
LIMIT $limit
