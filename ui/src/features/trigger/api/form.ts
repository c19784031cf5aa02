import { queryOptions } from '@tanstack/react-query'
import type { TriggerForm } from '@/api/contract'
import { getJson, path } from '@/lib/http'

export const triggerFormQuery = (dagId: string) =>
  queryOptions({
    queryKey: ['dag', dagId, 'trigger-form'],
    queryFn: ({ signal }) => getJson<TriggerForm>(path`/ui/dags/${dagId}/trigger-form`, signal),
  })
