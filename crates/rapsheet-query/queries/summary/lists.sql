-- How many rows each list of the summary would have without its limit.
SELECT
  f.findings AS findings, a.addresses AS addresses, n.networks AS networks, n.systems AS systems, c.countries AS countries, u.users AS users, p.paths AS paths,
  b.jails AS jails, r.returns AS returns
FROM (SELECT count(*) AS findings FROM findings) AS f
CROSS JOIN (SELECT count(*) AS addresses FROM addresses WHERE threat_score > 0) AS a
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
