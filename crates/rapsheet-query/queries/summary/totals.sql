-- All in one row: how many addresses, attempts, logins, bans, countries, from when to when. Attempts, events and logins are all that
-- were read; `failed_logins` tried a user or a credential, `connections` are those without a login; `domains` are the host names that came without an address, `domain_attempts` and `domain_successes` their share. Countries and
-- autonomous systems are those of addresses that tried something, user names and paths those that were tried.
SELECT
  a.addresses AS addresses, a.attackers AS attackers, a.attempts + h.attempts AS attempts, a.events + h.events AS events,
  a.failed_logins + h.failed_logins AS failed_logins, a.connections + h.connections AS connections,
  a.sshd_attempts + h.sshd_attempts AS sshd_attempts, a.web_attempts + h.web_attempts AS web_attempts,
  a.fail2ban_found AS fail2ban_found, a.successes + h.successes AS successes, a.bans AS bans, a.restored AS restored, a.banned_addresses AS banned_addresses, a.got_in AS got_in,
  t.first_seen AS first_seen, t.last_seen AS last_seen,
  d.countries AS countries, d.autonomous_systems AS autonomous_systems, n.networks AS networks, u.user_names AS user_names, p.paths AS paths,
  h.domains AS domains, h.attempts AS domain_attempts, h.successes AS domain_successes
FROM (
  SELECT
    count(*) AS addresses,
    count(*) FILTER (WHERE attempts > 0 OR bans + restored > 0) AS attackers,
    coalesce(sum(attempts), 0) AS attempts,
    coalesce(sum(events), 0) AS events,
    coalesce(sum(failed_logins), 0) AS failed_logins,
    coalesce(sum(connections), 0) AS connections,
    coalesce(sum(sshd_attempts), 0) AS sshd_attempts,
    coalesce(sum(web_attempts), 0) AS web_attempts,
    coalesce(sum(fail2ban_found), 0) AS fail2ban_found,
    coalesce(sum(successes), 0) AS successes,
    coalesce(sum(bans), 0) AS bans,
    coalesce(sum(restored), 0) AS restored,
    count(*) FILTER (WHERE bans + restored > 0) AS banned_addresses,
    count(*) FILTER (WHERE got_in) AS got_in
  FROM addresses
) AS a
CROSS JOIN (
  SELECT
    count(*) AS domains,
    coalesce(sum(attempts), 0) AS attempts,
    coalesce(sum(events), 0) AS events,
    coalesce(sum(failed_logins), 0) AS failed_logins,
    coalesce(sum(connections), 0) AS connections,
    coalesce(sum(sshd_attempts), 0) AS sshd_attempts,
    coalesce(sum(web_attempts), 0) AS web_attempts,
    coalesce(sum(successes), 0) AS successes
  FROM domains
) AS h
CROSS JOIN (
  SELECT min(first_seen) AS first_seen, max(last_seen) AS last_seen
  FROM (SELECT first_seen, last_seen FROM addresses UNION ALL SELECT first_seen, last_seen FROM domains) AS seen
) AS t
CROSS JOIN (
  SELECT count(DISTINCT known.country_iso_code) AS countries, count(DISTINCT known.traits_autonomous_system_number) AS autonomous_systems
  FROM addresses AS tried
  JOIN details AS known ON known.source_ip = tried.source_ip
  WHERE tried.attempts > 0 OR tried.bans + tried.restored > 0
) AS d
CROSS JOIN (SELECT count(*) AS networks FROM networks WHERE kind = 'network') AS n
CROSS JOIN (SELECT count(*) AS user_names FROM users WHERE attempts > 0) AS u
CROSS JOIN (SELECT count(DISTINCT url_path) AS paths FROM paths) AS p
