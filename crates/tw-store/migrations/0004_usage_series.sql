-- What an attempt used over time, as JSON; at most 120 points, 2 KB. NULL for attempts of a moment.
ALTER TABLE task_instance ADD COLUMN usage_series TEXT;
ALTER TABLE task_instance_history ADD COLUMN usage_series TEXT;
