-- The record of each selected address, with what is known of it. Rust fills the table selected (source_ip) with the addresses in question.
-- $limit = 100: how many
SELECT
  a.source_ip AS source_ip, a.source_network AS source_network, a.first_seen AS first_seen, a.last_seen AS last_seen, a.attempts AS attempts, a.events AS events,
  a.sshd_attempts AS sshd_attempts, a.web_attempts AS web_attempts, a.fail2ban_found AS fail2ban_found, a.failed_logins AS failed_logins, a.connections AS connections, a.requests AS requests, a.jails AS jails,
  a.users_tried AS users_tried, a.top_users AS top_users, a.paths_probed AS paths_probed, a.top_paths AS top_paths, a.bans AS bans, a.unbans AS unbans, a.restored AS restored,
  a.longest_ban AS longest_ban, a.still_banned AS still_banned, a.successes AS successes, a.failures_before_success AS failures_before_success, a.got_in AS got_in,
  a.active_days AS active_days, a.active_hours AS active_hours, a.hosts AS hosts, a.threat_score AS threat_score, a.threat_reasons AS threat_reasons
FROM addresses AS a
JOIN selected AS s ON s.source_ip = a.source_ip
ORDER BY a.threat_score DESC, a.attempts DESC, a.source_ip
LIMIT $limit
