"""The parts of the flights example that know nothing of Airflow: tables, warehouse, charts."""
