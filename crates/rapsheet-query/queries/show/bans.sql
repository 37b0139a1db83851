-- The bans of the selected addresses, the latest first, and how many there are. Rust fills the table selected (source_ip) with the addresses in question.
-- $limit = 100: how many
SELECT
  x.source_ip AS source_ip, x.fail2ban_jail AS fail2ban_jail, x.host_name AS host_name, x.banned_at AS banned_at, x.unbanned_at AS unbanned_at, x.ended_by AS ended_by,
  x.fail2ban_bantime AS fail2ban_bantime, x.fail2ban_bancount AS fail2ban_bancount, x.kind AS kind, count(*) OVER () AS of_all
FROM bans AS x
JOIN selected AS s ON s.source_ip = x.source_ip
ORDER BY banned_at DESC NULLS LAST, source_ip, fail2ban_jail NULLS LAST, host_name NULLS LAST
LIMIT $limit
