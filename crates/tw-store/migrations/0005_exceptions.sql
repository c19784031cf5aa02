-- The exception that user code ended with, in a line. Only a hint: a try that failed without one has none.
ALTER TABLE task_instance ADD COLUMN exception TEXT;
ALTER TABLE task_instance_history ADD COLUMN exception TEXT;
