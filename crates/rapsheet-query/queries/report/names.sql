-- The texts of the names that the report's rows bear.
SELECT name_id, name FROM names
