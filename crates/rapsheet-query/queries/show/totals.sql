-- The selected addresses together. Rust fills the table selected (source_ip) with the addresses in question.
SELECT
  count(*) AS addresses,
  count(*) FILTER (WHERE a.attempts > 0 OR a.bans + a.restored > 0) AS attackers,
  min(a.first_seen) AS first_seen,
  max(a.last_seen) AS last_seen,
  coalesce(sum(a.attempts), 0) AS attempts,
  coalesce(sum(a.events), 0) AS events,
  coalesce(sum(a.failed_logins), 0) AS failed_logins,
  coalesce(sum(a.connections), 0) AS connections,
  coalesce(sum(a.successes), 0) AS successes,
  count(*) FILTER (WHERE a.got_in) AS got_in,
  coalesce(sum(a.bans), 0) AS bans,
  coalesce(sum(a.restored), 0) AS restored,
  coalesce(sum(a.unbans), 0) AS unbans,
  count(*) FILTER (WHERE a.bans + a.restored > 0) AS banned_addresses,
  count(*) FILTER (WHERE a.still_banned) AS still_banned,
  count(DISTINCT d.country_iso_code) AS countries,
  min(d.country_name) AS country_name,
  count(DISTINCT d.traits_autonomous_system_number) AS autonomous_systems,
  min(d.traits_autonomous_system_number) AS traits_autonomous_system_number,
  min(d.traits_autonomous_system_organization) AS traits_autonomous_system_organization
FROM addresses AS a
JOIN selected AS s ON s.source_ip = a.source_ip
LEFT JOIN details AS d ON d.source_ip = a.source_ip
