import { queryOptions } from '@tanstack/react-query'
import type { ImportErrorPage } from '@/api/contract'
import { getJson } from '@/lib/http'

export const importErrorsQuery = () =>
  queryOptions({
    queryKey: ['import-errors'],
    queryFn: ({ signal }) => getJson<ImportErrorPage>('/ui/import-errors', signal),
  })
