import { queryOptions } from '@tanstack/react-query'
import { getJson } from '@/lib/http'

/** The event stream does not tell of heartbeats. */
const BEAT_MS = 5_000

/** Airflow's `HealthInfoResponse`; null is a component that was never seen. */
export type ComponentStatus = 'healthy' | 'unhealthy' | null
export interface Health {
  metadatabase: { status: ComponentStatus }
  scheduler: { status: ComponentStatus; latest_scheduler_heartbeat: string | null }
  triggerer: { status: ComponentStatus; latest_triggerer_heartbeat: string | null }
  dag_processor: { status: ComponentStatus; latest_dag_processor_heartbeat: string | null }
}

export const healthQuery = () =>
  queryOptions({
    queryKey: ['health'],
    queryFn: ({ signal }) => getJson<Health>('/api/v2/monitor/health', signal),
    refetchInterval: BEAT_MS,
  })

export const versionQuery = () =>
  queryOptions({
    queryKey: ['version'],
    queryFn: ({ signal }) => getJson<{ version: string; git_version: string | null }>('/api/v2/version', signal),
    staleTime: Infinity,
  })
