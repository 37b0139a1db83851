-- The /24 and /64 networks with most attempts, how many addresses made them, and the autonomous system where details know it.
-- $limit = 21: how many
SELECT
  a.source_network AS network,
  max(CASE WHEN d.traits_autonomous_system_number IS NOT NULL THEN
    concat_ws(' ', 'AS' || CAST(d.traits_autonomous_system_number AS STRING), d.traits_autonomous_system_organization) END) AS autonomous_system,
  count(*) AS addresses,
  sum(a.attempts) AS attempts
FROM addresses AS a
LEFT JOIN details AS d ON d.source_ip = a.source_ip
WHERE a.source_network IS NOT NULL AND a.attempts > 0
GROUP BY a.source_network
ORDER BY attempts DESC, addresses DESC, network
LIMIT $limit
