import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Bones } from '@/components/Blank'
import type { Shown } from '@/graph/model'
import { layoutKey, runLayout } from '@/graph/run-layout'
import { strings } from '@/lib/strings'

/** Asks the worker for a layout; the last one stays until then. Without one, the tasks are a list. */
export function Laid({
  shown,
  children,
}: {
  shown: Shown
  children: (layout: Awaited<ReturnType<typeof runLayout>>) => ReactNode
}) {
  const key = layoutKey(shown)
  const query = useQuery({
    queryKey: ['graph-layout', key],
    queryFn: () => runLayout(shown),
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
    placeholderData: keepPreviousData,
  })
  if (query.data) return children(query.data)
  if (!query.error) return <Bones />
  return (
    <div className="sheet">
      <p className="i2">{strings.graph.failed}</p>
      <ul>
        {shown.nodes.map((node) => (
          <li key={node.id} className="mono">
            {node.id}
          </li>
        ))}
      </ul>
    </div>
  )
}
