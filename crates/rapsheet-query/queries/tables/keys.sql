-- Which keys let somebody in: the fingerprint as sshd writes it, whose accounts it opened (user_names) and how many they are, from how
-- many addresses, how often, and from when to when. Of a certificate without a fingerprint it is that of its authority.
WITH told AS (
  SELECT openssh_auth_key, user_name, source_ip, count(*) AS logins, min(at) AS first_seen, max(at) AS last_seen
  FROM logins
  WHERE openssh_auth_key IS NOT NULL
  GROUP BY openssh_auth_key, user_name, source_ip
),
accounts AS (
  SELECT openssh_auth_key, count(*) AS users, array_join(array_sort(array_agg(user_name)), ', ') AS user_names
  FROM (SELECT openssh_auth_key, user_name FROM told WHERE user_name IS NOT NULL GROUP BY openssh_auth_key, user_name) AS grouped
  GROUP BY openssh_auth_key
),
places AS (
  SELECT openssh_auth_key, count(*) AS addresses
  FROM (SELECT openssh_auth_key, source_ip FROM told GROUP BY openssh_auth_key, source_ip) AS grouped
  GROUP BY openssh_auth_key
),
times AS (
  SELECT openssh_auth_key, sum(logins) AS logins, min(first_seen) AS first_seen, max(last_seen) AS last_seen
  FROM told
  GROUP BY openssh_auth_key
)
SELECT
  t.openssh_auth_key AS openssh_auth_key,
  coalesce(a.users, 0) AS users,
  a.user_names AS user_names,
  p.addresses AS addresses,
  t.logins AS logins,
  t.first_seen AS first_seen,
  t.last_seen AS last_seen
FROM times AS t
JOIN places AS p ON p.openssh_auth_key = t.openssh_auth_key
LEFT JOIN accounts AS a ON a.openssh_auth_key = t.openssh_auth_key
