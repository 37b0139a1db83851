-- What became of the lines of each source.
SELECT log_file_path, event_dataset, lines, events, understood, unknown, unread_logins, first, last
FROM coverage
ORDER BY log_file_path, event_dataset NULLS FIRST
