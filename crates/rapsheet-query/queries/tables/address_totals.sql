-- What each address did, counted: attempts by daemon, failed and successful logins, requests, probes by what they look for.
SELECT
  source_ip,
  max(source_network) AS source_network,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen,
  sum(attempts) AS attempts,
  sum(events) AS events,
  coalesce(sum(attempts) FILTER (WHERE service_name = 'sshd'), 0) AS sshd_attempts,
  coalesce(sum(attempts) FILTER (WHERE service_name IN ('apache', 'nginx', 'web')), 0) AS web_attempts,
  coalesce(sum(attempts) FILTER (WHERE service_name = 'sshd' AND event_action IN ('login', 'refused', 'preauth_close') AND event_outcome <> 'success'), 0) AS failed_logins,
  coalesce(sum(events) FILTER (WHERE event_action = 'found'), 0) AS fail2ban_found,
  coalesce(sum(events) FILTER (WHERE event_action = 'request'), 0) AS requests,
  coalesce(sum(events) FILTER (WHERE event_action = 'login' AND event_outcome = 'success'), 0) AS successes,
  coalesce(sum(events) FILTER (WHERE event_action = 'unban'), 0) AS unbans,
  coalesce(sum(events) FILTER (WHERE reason = 'probe_secrets'), 0) AS probes_for_secrets,
  coalesce(sum(events) FILTER (WHERE reason IN ('probe_traversal', 'probe_injection', 'probe_shell', 'probe_cve')), 0) AS attacks_on_web,
  coalesce(sum(events) FILTER (WHERE reason LIKE 'probe%'), 0) AS probes,
  coalesce(sum(attempts) FILTER (WHERE reason IN ('http_auth_failure', 'http_forbidden', 'http_rate_limit', 'http_firewall')), 0) AS refused
FROM activity
WHERE source_ip IS NOT NULL
GROUP BY source_ip
