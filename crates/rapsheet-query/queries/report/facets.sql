-- What the report's rows are and the names that they bear, under the names of the page's columns; numbers are ids of names.
-- `counts_as` is the one thing that a row's events are counted as: `login` (somebody logged in), `failed_login` and `connection` (attempts),
-- `refused` (connections that are no attempt), `request` of a web server, else fail2ban's or the server's own word.
SELECT
  facet_id, service_name, event_dataset, event_category, event_action, event_outcome, reason, suspicious,
  CASE
    WHEN event_action = 'login' AND event_outcome = 'success' THEN 'login'
    WHEN failed_login THEN 'failed_login'
    WHEN event_category = 'authentication' AND event_action = 'refused' AND NOT suspicious THEN 'refused'
    WHEN event_category = 'authentication' THEN 'connection'
    ELSE event_action
  END AS counts_as,
  host_id AS host_name, user_id AS user_name, jail_id AS fail2ban_jail, path_id AS url_path, agent_id AS user_agent_original,
  referrer_id AS http_referrer, CAST(http_response_status_code AS STRING) AS http_response_status_code
FROM facets
