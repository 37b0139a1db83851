-- How many rows each list of the summary would have without its limit.
SELECT
  f.findings AS findings, a.addresses AS addresses, n.networks AS networks, n.systems AS systems, c.countries AS countries, u.users AS users, p.paths AS paths,
  b.jails AS jails, r.returns AS returns, k.known AS known
FROM (SELECT count(*) AS findings FROM findings) AS f
CROSS JOIN (
  SELECT count(*) AS addresses
  FROM addresses AS a
  LEFT JOIN known_addresses AS k ON k.source_ip = a.source_ip
  WHERE a.threat_score > 0 AND k.known_id IS NULL
) AS a
CROSS JOIN (
  SELECT count(*) FILTER (WHERE kind = 'network') AS networks, count(*) FILTER (WHERE kind = 'as') AS systems
  FROM networks
  WHERE attempts + bans > 0
) AS n
CROSS JOIN (SELECT count(*) AS countries FROM countries WHERE attempts + successes + bans > 0) AS c
CROSS JOIN (SELECT count(*) AS users FROM users WHERE attempts > 0) AS u
CROSS JOIN (SELECT count(*) AS paths FROM paths) AS p
CROSS JOIN (SELECT count(*) AS jails FROM (SELECT fail2ban_jail FROM bans GROUP BY fail2ban_jail) AS grouped) AS b
CROSS JOIN (SELECT count(*) AS returns FROM returning) AS r
CROSS JOIN (
  SELECT count(*) AS known
  FROM (
    SELECT known_id FROM known_addresses WHERE source_ip IS NOT NULL GROUP BY known_id
    UNION ALL
    SELECT k.known_id AS known_id
    FROM known AS k
    JOIN users AS u ON u.user_name = k.value
    WHERE k.kind = 'user' AND (k.known_until IS NULL OR u.last_seen < k.known_until)
    UNION ALL
    SELECT k.known_id AS known_id
    FROM known AS k
    JOIN keys AS y ON y.openssh_auth_key = k.value
    WHERE k.kind = 'key' AND (k.known_until IS NULL OR y.last_seen < k.known_until)
  ) AS entries
) AS k
