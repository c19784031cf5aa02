"""Registers the classes that Airflow's example DAGs refer to, under the module names that the DAG files use."""

from airflow.example_dags.plugins.business_day_window import BusinessDayWindowPlugin
from airflow.example_dags.plugins.custom_partition_mapper import PrefixStripMapperPlugin
from airflow.example_dags.plugins.custom_partition_timetable import ScheduledRuntimePartitionTimetablePlugin
from airflow.example_dags.plugins.decreasing_priority_weight_strategy import DecreasingPriorityWeightStrategyPlugin
from airflow.example_dags.plugins.workday import WorkdayTimetablePlugin

__all__ = [
    "BusinessDayWindowPlugin",
    "DecreasingPriorityWeightStrategyPlugin",
    "PrefixStripMapperPlugin",
    "ScheduledRuntimePartitionTimetablePlugin",
    "WorkdayTimetablePlugin",
]
