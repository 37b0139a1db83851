-- All in one row: how many addresses, attempts, logins, bans, countries, from when to when, and how much was read.
SELECT
  a.addresses AS addresses, a.attackers AS attackers, a.attempts AS attempts, a.events AS events, a.sshd_attempts AS sshd_attempts, a.web_attempts AS web_attempts,
  a.fail2ban_found AS fail2ban_found, a.successes AS successes, a.bans AS bans, a.banned_addresses AS banned_addresses, a.got_in AS got_in, a.first_seen AS first_seen, a.last_seen AS last_seen,
  d.countries AS countries, d.autonomous_systems AS autonomous_systems, n.networks AS networks, u.user_names AS user_names, p.paths AS paths
FROM (
  SELECT
    count(*) AS addresses,
    count(*) FILTER (WHERE attempts > 0 OR bans + restored > 0) AS attackers,
    coalesce(sum(attempts), 0) AS attempts,
    coalesce(sum(events), 0) AS events,
    coalesce(sum(sshd_attempts), 0) AS sshd_attempts,
    coalesce(sum(web_attempts), 0) AS web_attempts,
    coalesce(sum(fail2ban_found), 0) AS fail2ban_found,
    coalesce(sum(successes), 0) AS successes,
    coalesce(sum(bans), 0) AS bans,
    count(*) FILTER (WHERE bans + restored > 0) AS banned_addresses,
    count(*) FILTER (WHERE got_in) AS got_in,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen
  FROM addresses
) AS a
CROSS JOIN (SELECT count(DISTINCT country_iso_code) AS countries, count(DISTINCT traits_autonomous_system_number) AS autonomous_systems FROM details) AS d
CROSS JOIN (SELECT count(*) AS networks FROM networks WHERE kind = 'network') AS n
CROSS JOIN (SELECT count(*) AS user_names FROM users) AS u
CROSS JOIN (SELECT count(DISTINCT url_path) AS paths FROM paths) AS p
