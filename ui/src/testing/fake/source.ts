/** The source of the drawn DAG; a version changes a few lines of it. */
export function fakeSource(version: number): string {
  const inventory = version >= 43
  return `"""Orders, refunds and customers of all shops, every hour."""

from datetime import datetime, timedelta

from airflow.sdk import Asset, dag, task, task_group

MART = Asset("snowflake://ab12345/MART/FCT_ORDERS")
SHARDS = ${version >= 41 ? 48 : 32}


@dag(
    schedule="15 * * * *",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    tags=["tier-1", "retail"],
    default_args={"retries": ${version >= 42 ? 3 : 2}, "retry_delay": timedelta(minutes=2)},
)
def retail_orders_mart():
    @task
    def list_shards() -> list[int]:
        return list(range(SHARDS))

    @task(pool="warehouse")
    def pull_orders(shard: int) -> str:
        return f"s3://lake-landing/orders/{shard}.parquet"

    @task_group
    def transform():
        dim_customer()
        dim_product()
${inventory ? '        snapshot_inventory()\n' : ''}        fct_orders()

    pull_orders.expand(shard=list_shards()) >> transform()


retail_orders_mart()
`
}
