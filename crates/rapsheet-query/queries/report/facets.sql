-- What the report's rows are and the names that they bear, under the names of the page's columns; numbers are ids of names.
SELECT
  facet_id, service_name, event_dataset, event_category, event_action, event_outcome, reason, suspicious,
  user_id AS user_name, jail_id AS fail2ban_jail, path_id AS url_path, agent_id AS user_agent_original
FROM facets
