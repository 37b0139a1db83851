-- What each address did, counted: attempts by category, failed and successful logins, connections without a login, requests, probes by
-- what they look for. failed_logins are attempts in which a user or a credential was tried and refused. connections are those in which nobody
-- was named: closed before a login, timed out, faulty in the protocol, refused by rule, a penalty or a full server.
SELECT
  p.source_ip AS source_ip,
  p.source_network AS source_network,
  k.first_seen AS first_seen,
  k.last_seen AS last_seen,
  k.attempts AS attempts,
  k.events AS events,
  k.sshd_attempts AS sshd_attempts,
  k.web_attempts AS web_attempts,
  k.failed_logins AS failed_logins,
  k.connections AS connections,
  k.fail2ban_found AS fail2ban_found,
  k.requests AS requests,
  k.successes AS successes,
  k.unbans AS unbans,
  k.probes_for_secrets AS probes_for_secrets,
  k.attacks_on_web AS attacks_on_web,
  k.probes AS probes,
  k.refused AS refused,
  k.address_id AS address_id
FROM (
  SELECT
    address_id,
    min(first_seen) AS first_seen,
    max(last_seen) AS last_seen,
    sum(attempts) AS attempts,
    sum(events) AS events,
    coalesce(sum(attempts) FILTER (WHERE service_name = 'sshd'), 0) AS sshd_attempts,
    coalesce(sum(attempts) FILTER (WHERE event_category = 'web'), 0) AS web_attempts,
    coalesce(sum(failed_logins), 0) AS failed_logins,
    coalesce(sum(CASE WHEN event_action = 'refused' AND NOT suspicious THEN events ELSE attempts - failed_logins END) FILTER (WHERE event_category = 'authentication'), 0) AS connections,
    coalesce(sum(events) FILTER (WHERE event_action = 'found'), 0) AS fail2ban_found,
    coalesce(sum(events) FILTER (WHERE event_action = 'request'), 0) AS requests,
    coalesce(sum(events) FILTER (WHERE event_action = 'login' AND event_outcome = 'success'), 0) AS successes,
    coalesce(sum(events) FILTER (WHERE event_action = 'unban'), 0) AS unbans,
    coalesce(sum(events) FILTER (WHERE reason = 'probe_secrets'), 0) AS probes_for_secrets,
    coalesce(sum(events) FILTER (WHERE reason IN ('probe_traversal', 'probe_injection', 'probe_shell', 'probe_cve')), 0) AS attacks_on_web,
    coalesce(sum(events) FILTER (WHERE reason LIKE 'probe%'), 0) AS probes,
    coalesce(sum(attempts) FILTER (WHERE reason IN ('http_auth_failure', 'http_forbidden', 'http_rate_limit', 'http_firewall')), 0) AS refused
  FROM rollup_kind
  GROUP BY address_id
) AS k
JOIN peers AS p ON p.address_id = k.address_id
WHERE p.source_ip IS NOT NULL
