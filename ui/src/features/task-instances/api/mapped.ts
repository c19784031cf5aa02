import { infiniteQueryOptions } from '@tanstack/react-query'
import type { MappedPage } from '@/api/contract'
import { getJson, path, withQuery } from '@/lib/http'

const PAGE_ROWS = 500

/** The instances of a mapped task, by index. */
export const mappedQuery = (dagId: string, runId: string, taskId: string) =>
  infiniteQueryOptions({
    queryKey: ['run', dagId, runId, 'mapped', taskId],
    queryFn: ({ signal, pageParam }) =>
      getJson<MappedPage>(
        withQuery(path`/ui/task-instances/${dagId}/${runId}/${taskId}/mapped`, { offset: pageParam, limit: PAGE_ROWS }),
        signal,
      ),
    initialPageParam: 0,
    getNextPageParam: (page, _, offset) =>
      offset + page.instances.length < page.total && page.instances.length > 0 ? offset + page.instances.length : null,
  })
