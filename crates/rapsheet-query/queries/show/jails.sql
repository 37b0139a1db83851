-- What each jail of fail2ban did with the selected addresses. Rust fills the table selected (source_ip) with the addresses in question.
SELECT
  fail2ban_jail,
  sum(found) AS found,
  sum(bans) AS bans,
  sum(restored) AS restored
FROM (
  SELECT x.fail2ban_jail AS fail2ban_jail, x.found AS found, CAST(0 AS BIGINT) AS bans, CAST(0 AS BIGINT) AS restored
  FROM address_jails AS x
  JOIN selected AS s ON s.source_ip = x.source_ip
  UNION ALL
  SELECT
    y.fail2ban_jail AS fail2ban_jail, CAST(0 AS BIGINT) AS found,
    CAST(CASE WHEN y.kind = 'new' THEN 1 ELSE 0 END AS BIGINT) AS bans, CAST(CASE WHEN y.kind = 'restored' THEN 1 ELSE 0 END AS BIGINT) AS restored
  FROM bans AS y
  JOIN selected AS t ON t.source_ip = y.source_ip
) AS told
GROUP BY fail2ban_jail
ORDER BY found DESC, bans DESC, fail2ban_jail NULLS LAST
