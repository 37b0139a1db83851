-- Roll-ups of addresses: each /24 or /64 (kind `network`) and each autonomous system (kind `as`, where details know it), with how
-- many of its addresses knocked and stayed under the threshold at which fail2ban bans.
-- $threshold = 5: fewer attempts than these, and never banned, is under the threshold
WITH members AS (
  SELECT 'network' AS kind, source_network AS network, CAST(NULL AS STRING) AS organization, FALSE AS is_hosting, source_ip, attempts, successes, bans, restored, first_seen, last_seen
  FROM addresses
  WHERE source_network IS NOT NULL
  UNION ALL
  SELECT 'as' AS kind, 'AS' || CAST(d.traits_autonomous_system_number AS STRING) AS network, d.traits_autonomous_system_organization AS organization,
    coalesce(d.traits_user_type = 'hosting' OR d.traits_is_hosting_provider, FALSE) AS is_hosting, a.source_ip, a.attempts, a.successes, a.bans, a.restored, a.first_seen, a.last_seen
  FROM addresses AS a
  JOIN details AS d ON d.source_ip = a.source_ip
  WHERE d.traits_autonomous_system_number IS NOT NULL
)
SELECT
  kind,
  network,
  max(organization) AS organization,
  count(*) AS addresses,
  sum(attempts) AS attempts,
  sum(successes) AS successes,
  sum(bans) AS bans,
  count(*) FILTER (WHERE attempts > 0 AND attempts < $threshold AND bans + restored = 0) AS addresses_under_threshold,
  coalesce(sum(attempts) FILTER (WHERE attempts < $threshold AND bans + restored = 0), 0) AS attempts_under_threshold,
  min(first_seen) FILTER (WHERE attempts > 0 AND attempts < $threshold AND bans + restored = 0) AS first_under_threshold,
  max(last_seen) FILTER (WHERE attempts > 0 AND attempts < $threshold AND bans + restored = 0) AS last_under_threshold,
  bool_or(is_hosting) AS is_hosting,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen
FROM members
GROUP BY kind, network
