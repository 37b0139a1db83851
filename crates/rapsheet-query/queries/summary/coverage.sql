-- What was read, and how much of it was understood.
SELECT log_file_path, host_name, event_dataset, lines, events, understood, unknown, duplicates, coverage.first AS first, coverage.last AS last, fault
FROM coverage
ORDER BY unknown DESC, log_file_path, host_name NULLS LAST
