-- What the three answers stand on, all in one row: how many logins there were, of how many users, and how many of them have seven days of logs
-- before them to compare with; how many findings answer each question, by severity; what was asked for that is handed out to nobody, and
-- how many answers were the page that anything gets.
SELECT
  l.logins AS logins, l.users AS users, l.compared AS compared, l.logs_from AS logs_from, l.last_login AS last_login,
  f.broke_in AS broke_in, f.may_have AS may_have, f.key_logins AS key_logins, f.mistyped AS mistyped, f.stolen AS stolen, f.may_be_stolen AS may_be_stolen, f.new_places AS new_places,
  f.handed_out AS handed_out, f.may_be_handed_out AS may_be_handed_out, p.paths AS paths_asked, p.requests AS requests_asked, c.common AS paths_common
FROM (
  SELECT
    count(*) AS logins,
    count(DISTINCT g.user_name) AS users,
    count(*) FILTER (WHERE g.at >= w.logs_from + INTERVAL '7' DAY) AS compared,
    min(w.logs_from) AS logs_from,
    max(g.at) AS last_login
  FROM logins AS g
  CROSS JOIN (SELECT min(r.first) AS logs_from FROM coverage AS r WHERE r.event_dataset LIKE '%.auth%') AS w
) AS l
CROSS JOIN (
  SELECT
    count(*) FILTER (WHERE question = 'after_failures' AND severity = 'critical') AS broke_in,
    count(*) FILTER (WHERE question = 'after_failures' AND severity = 'warning') AS may_have,
    count(*) FILTER (WHERE question = 'after_failures' AND severity = 'notice' AND statement LIKE '%was this key added by you?') AS key_logins,
    count(*) FILTER (WHERE question = 'after_failures' AND severity = 'notice' AND statement LIKE '%: a mistyped %') AS mistyped,
    count(*) FILTER (WHERE question = 'new_place' AND severity = 'critical') AS stolen,
    count(*) FILTER (WHERE question = 'new_place' AND severity = 'warning') AS may_be_stolen,
    count(*) FILTER (WHERE question = 'new_place' AND severity = 'notice') AS new_places,
    count(*) FILTER (WHERE question = 'handed_out' AND severity = 'critical') AS handed_out,
    count(*) FILTER (WHERE question = 'handed_out' AND severity = 'warning') AS may_be_handed_out
  FROM findings
) AS f
CROSS JOIN (
  SELECT count(*) AS paths, coalesce(sum(requests), 0) AS requests
  FROM paths
  WHERE reason IN ('probe_secrets', 'probe_shell')
) AS p
CROSS JOIN (
  SELECT count(*) AS common
  FROM handed_out
  WHERE is_common = 1 AND reason IN ('probe_secrets', 'probe_shell')
) AS c
