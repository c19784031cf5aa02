-- What a person wrote about a task instance; it stays beside it over all tries.
ALTER TABLE task_instance ADD COLUMN note TEXT;
