-- The record of each address: when, how often, trying what, banned how, and whether it got in. threat_score is 0 to 100 and
-- threat_reasons says what it is made of. failed_logins tried a user or a credential; connections are those without a login. A try that both a daemon and fail2ban told of counts once: the reader has seen to that.
-- got_in: it logged in after failures, its own or its network's, that look like guessing; a mistyped password is none of these.
WITH users AS (
  SELECT
    r.address_id AS address_id,
    max(r.users_tried) AS users_tried,
    concat_ws(', ',
      max(n.name) FILTER (WHERE r.place = 1),
      max(n.name) FILTER (WHERE r.place = 2),
      max(n.name) FILTER (WHERE r.place = 3),
      max(n.name) FILTER (WHERE r.place = 4),
      max(n.name) FILTER (WHERE r.place = 5)) AS top_users
  FROM (
    SELECT
      address_id, user_id,
      row_number() OVER (PARTITION BY address_id ORDER BY attempts DESC, user_id) AS place,
      count(*) OVER (PARTITION BY address_id) AS users_tried
    FROM tries
  ) AS r
  JOIN (SELECT name_id, CASE WHEN name = '' THEN '(empty)' ELSE name END AS name FROM names) AS n ON n.name_id = r.user_id
  WHERE r.place <= 5
  GROUP BY r.address_id
),
probed AS (
  SELECT address_id, path_id, sum(attempts) AS requests
  FROM rollup_path
  WHERE address_id IS NOT NULL
  GROUP BY address_id, path_id
  HAVING sum(attempts) > 0
),
paths AS (
  SELECT
    r.address_id AS address_id,
    max(r.paths_probed) AS paths_probed,
    concat_ws(', ',
      max(n.name) FILTER (WHERE r.place = 1),
      max(n.name) FILTER (WHERE r.place = 2),
      max(n.name) FILTER (WHERE r.place = 3),
      max(n.name) FILTER (WHERE r.place = 4),
      max(n.name) FILTER (WHERE r.place = 5)) AS top_paths
  FROM (
    SELECT
      address_id, path_id,
      row_number() OVER (PARTITION BY address_id ORDER BY requests DESC, path_id) AS place,
      count(*) OVER (PARTITION BY address_id) AS paths_probed
    FROM probed
  ) AS r
  JOIN names AS n ON n.name_id = r.path_id
  WHERE r.place <= 5
  GROUP BY r.address_id
),
jails AS (
  SELECT
    source_ip,
    array_join(array_sort(array_agg(fail2ban_jail || ' ' || CAST(greatest(found, bans + restored) AS STRING))), ', ') AS jails
  FROM address_jails
  GROUP BY source_ip
),
banned AS (
  SELECT
    source_ip,
    count(*) FILTER (WHERE kind = 'new') AS bans,
    count(*) FILTER (WHERE kind = 'restored') AS restored,
    CASE WHEN min(fail2ban_bantime) = -1 THEN -1 ELSE max(fail2ban_bantime) END AS longest_ban,
    bool_or(ended_by = 'still banned') AS still_banned
  FROM bans
  GROUP BY source_ip
),
entered AS (
  SELECT
    source_ip,
    max(failures_before + failures_elsewhere) AS failures_before_success,
    max(CASE WHEN grade >= 2 THEN 1 ELSE 0 END) AS broke_in,
    max(CASE WHEN grade >= 2 AND service_name <> 'http' THEN 1 ELSE 0 END) AS is_sure,
    max(network_grade) AS broke_in_by_network
  FROM logins
  GROUP BY source_ip
),
joined AS (
  SELECT
    t.source_ip, t.source_network, t.first_seen, t.last_seen, t.attempts, t.events, t.sshd_attempts, t.web_attempts, t.fail2ban_found,
    t.failed_logins, t.connections, t.requests, j.jails,
    coalesce(u.users_tried, 0) AS users_tried, u.top_users,
    coalesce(p.paths_probed, 0) AS paths_probed, p.top_paths,
    coalesce(b.bans, 0) AS bans, t.unbans, coalesce(b.restored, 0) AS restored, b.longest_ban, coalesce(b.still_banned, FALSE) AS still_banned,
    t.successes, coalesce(e.failures_before_success, 0) AS failures_before_success, coalesce(e.broke_in, 0) + coalesce(e.broke_in_by_network, 0) > 0 AS got_in,
    coalesce(e.broke_in, 0) AS broke_in, coalesce(e.is_sure, 0) AS is_sure,
    d.active_days, d.active_hours, d.hosts, t.probes_for_secrets, t.attacks_on_web, t.probes, t.refused
  FROM address_totals AS t
  JOIN address_days AS d ON d.address_id = t.address_id
  LEFT JOIN users AS u ON u.address_id = t.address_id
  LEFT JOIN paths AS p ON p.address_id = t.address_id
  LEFT JOIN jails AS j ON j.source_ip = t.source_ip
  LEFT JOIN banned AS b ON b.source_ip = t.source_ip
  LEFT JOIN entered AS e ON e.source_ip = t.source_ip
),
-- Who got in stands above all others; how loud it was counts below that, so that the score does not end at its top.
scored AS (
  SELECT
    source_ip, source_network, first_seen, last_seen, attempts, events, sshd_attempts, web_attempts, fail2ban_found, failed_logins, connections, requests, jails,
    users_tried, top_users, paths_probed, top_paths, bans, unbans, restored, longest_ban, still_banned,
    successes, failures_before_success, got_in, active_days, active_hours, hosts, broke_in, is_sure, probes_for_secrets, attacks_on_web, probes, refused,
    CASE WHEN attempts >= 1000000 THEN 40 WHEN attempts >= 100000 THEN 35 WHEN attempts >= 10000 THEN 30 WHEN attempts >= 1000 THEN 25 WHEN attempts >= 100 THEN 20
      WHEN attempts >= 20 THEN 15 WHEN attempts >= 5 THEN 10 WHEN attempts >= 1 THEN 5 ELSE 0 END
    + CASE WHEN failed_logins = 0 THEN 0 WHEN users_tried >= 20 THEN 15 WHEN users_tried >= 5 THEN 10 WHEN users_tried >= 2 THEN 5 ELSE 0 END
    + CASE WHEN bans >= 5 THEN 20 WHEN bans >= 2 THEN 15 WHEN bans + restored >= 1 THEN 10 ELSE 0 END
    + CASE WHEN attacks_on_web > 0 THEN 15 WHEN probes_for_secrets > 0 THEN 10 WHEN probes > 0 THEN 5 ELSE 0 END
    + CASE WHEN attempts = 0 THEN 0 WHEN active_days >= 7 THEN 10 WHEN active_days >= 3 THEN 5 ELSE 0 END AS points,
    CASE WHEN failures_before_success < 1000 THEN CAST(failures_before_success AS STRING) WHEN failures_before_success < 1000000 THEN substr(CAST(failures_before_success AS STRING), 1, length(CAST(failures_before_success AS STRING)) - 3) || ',' || substr(CAST(failures_before_success AS STRING), length(CAST(failures_before_success AS STRING)) - 2)
      ELSE substr(CAST(failures_before_success AS STRING), 1, length(CAST(failures_before_success AS STRING)) - 6) || ',' || substr(CAST(failures_before_success AS STRING), length(CAST(failures_before_success AS STRING)) - 5, 3) || ',' || substr(CAST(failures_before_success AS STRING), length(CAST(failures_before_success AS STRING)) - 2) END AS before_text,
    CASE WHEN failed_logins < 1000 THEN CAST(failed_logins AS STRING) WHEN failed_logins < 1000000 THEN substr(CAST(failed_logins AS STRING), 1, length(CAST(failed_logins AS STRING)) - 3) || ',' || substr(CAST(failed_logins AS STRING), length(CAST(failed_logins AS STRING)) - 2)
      ELSE substr(CAST(failed_logins AS STRING), 1, length(CAST(failed_logins AS STRING)) - 6) || ',' || substr(CAST(failed_logins AS STRING), length(CAST(failed_logins AS STRING)) - 5, 3) || ',' || substr(CAST(failed_logins AS STRING), length(CAST(failed_logins AS STRING)) - 2) END AS failed_text,
    CASE WHEN users_tried < 1000 THEN CAST(users_tried AS STRING) WHEN users_tried < 1000000 THEN substr(CAST(users_tried AS STRING), 1, length(CAST(users_tried AS STRING)) - 3) || ',' || substr(CAST(users_tried AS STRING), length(CAST(users_tried AS STRING)) - 2)
      ELSE substr(CAST(users_tried AS STRING), 1, length(CAST(users_tried AS STRING)) - 6) || ',' || substr(CAST(users_tried AS STRING), length(CAST(users_tried AS STRING)) - 5, 3) || ',' || substr(CAST(users_tried AS STRING), length(CAST(users_tried AS STRING)) - 2) END AS users_text,
    CASE WHEN connections < 1000 THEN CAST(connections AS STRING) WHEN connections < 1000000 THEN substr(CAST(connections AS STRING), 1, length(CAST(connections AS STRING)) - 3) || ',' || substr(CAST(connections AS STRING), length(CAST(connections AS STRING)) - 2)
      ELSE substr(CAST(connections AS STRING), 1, length(CAST(connections AS STRING)) - 6) || ',' || substr(CAST(connections AS STRING), length(CAST(connections AS STRING)) - 5, 3) || ',' || substr(CAST(connections AS STRING), length(CAST(connections AS STRING)) - 2) END AS connections_text,
    CASE WHEN greatest(bans, 1) < 1000 THEN CAST(greatest(bans, 1) AS STRING) WHEN greatest(bans, 1) < 1000000 THEN substr(CAST(greatest(bans, 1) AS STRING), 1, length(CAST(greatest(bans, 1) AS STRING)) - 3) || ',' || substr(CAST(greatest(bans, 1) AS STRING), length(CAST(greatest(bans, 1) AS STRING)) - 2)
      ELSE substr(CAST(greatest(bans, 1) AS STRING), 1, length(CAST(greatest(bans, 1) AS STRING)) - 6) || ',' || substr(CAST(greatest(bans, 1) AS STRING), length(CAST(greatest(bans, 1) AS STRING)) - 5, 3) || ',' || substr(CAST(greatest(bans, 1) AS STRING), length(CAST(greatest(bans, 1) AS STRING)) - 2) END AS bans_text,
    CASE WHEN refused < 1000 THEN CAST(refused AS STRING) WHEN refused < 1000000 THEN substr(CAST(refused AS STRING), 1, length(CAST(refused AS STRING)) - 3) || ',' || substr(CAST(refused AS STRING), length(CAST(refused AS STRING)) - 2)
      ELSE substr(CAST(refused AS STRING), 1, length(CAST(refused AS STRING)) - 6) || ',' || substr(CAST(refused AS STRING), length(CAST(refused AS STRING)) - 5, 3) || ',' || substr(CAST(refused AS STRING), length(CAST(refused AS STRING)) - 2) END AS refused_text,
    CASE WHEN attempts < 1000 THEN CAST(attempts AS STRING) WHEN attempts < 1000000 THEN substr(CAST(attempts AS STRING), 1, length(CAST(attempts AS STRING)) - 3) || ',' || substr(CAST(attempts AS STRING), length(CAST(attempts AS STRING)) - 2)
      ELSE substr(CAST(attempts AS STRING), 1, length(CAST(attempts AS STRING)) - 6) || ',' || substr(CAST(attempts AS STRING), length(CAST(attempts AS STRING)) - 5, 3) || ',' || substr(CAST(attempts AS STRING), length(CAST(attempts AS STRING)) - 2) END AS attempts_text
  FROM joined
)
SELECT
  source_ip, source_network, first_seen, last_seen, attempts, events, sshd_attempts, web_attempts, fail2ban_found, failed_logins, connections, requests, jails,
  users_tried, top_users, paths_probed, top_paths, bans, unbans, restored, longest_ban, still_banned,
  successes, failures_before_success, got_in, active_days, active_hours, hosts,
  CASE WHEN broke_in = 1 THEN 60 + CAST(CAST(points AS DOUBLE) * 4e-1 AS BIGINT) ELSE CAST(points AS BIGINT) END AS threat_score,
  nullif(concat_ws('; ',
    CASE WHEN broke_in = 1 THEN CASE WHEN is_sure = 1 THEN 'got in after ' ELSE 'may have got in after ' END || before_text || CASE WHEN failures_before_success = 1 THEN ' failed login' ELSE ' failed logins' END END,
    CASE WHEN failed_logins > 0 AND (broke_in = 0 OR failed_logins <> failures_before_success) THEN failed_text || CASE WHEN failed_logins = 1 THEN ' failed login' ELSE ' failed logins' END || CASE WHEN broke_in = 1 THEN ' in all' ELSE '' END END,
    CASE WHEN failed_logins > 0 AND users_tried >= 2 THEN users_text || ' user names' END,
    CASE WHEN connections > 0 THEN connections_text || CASE WHEN connections = 1 THEN ' connection without a login' ELSE ' connections without a login' END END,
    CASE WHEN bans + restored = 1 THEN 'banned once' WHEN bans + restored > 1 THEN 'banned ' || bans_text || CASE WHEN greatest(bans, 1) = 1 THEN ' time' ELSE ' times' END END,
    CASE WHEN attacks_on_web > 0 THEN 'attacked web programs' END,
    CASE WHEN probes_for_secrets > 0 THEN 'looked for secrets such as .env files' END,
    CASE WHEN attacks_on_web = 0 AND probes_for_secrets = 0 AND probes > 0 THEN 'probed the web server' END,
    CASE WHEN attempts > 0 AND active_days >= 3 THEN 'active on ' || CAST(active_days AS STRING) || ' days' END,
    CASE WHEN refused = 1 THEN '1 web request refused' WHEN refused > 0 THEN refused_text || ' web requests refused' END,
    CASE WHEN attempts > 0 AND failed_logins = 0 AND connections = 0 AND probes = 0 AND refused = 0 AND bans + restored = 0 THEN attempts_text || CASE WHEN attempts = 1 THEN ' attempt' ELSE ' attempts' END END), '') AS threat_reasons
FROM scored
