import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Timeline } from '@/api/contract'
import { profileQuery } from '../api/profile'
import { NO_PROFILES, type Profiles } from '../timeline/profile'

/** What the mapped tasks of a run did, once it is there. A run without such tasks asks for nothing. */
export function useProfiles({ run, tree, version }: Timeline): Profiles {
  const isAny = tree.some((node) => node.kind === 'task' && node.is_mapped)
  const { data } = useQuery({ ...profileQuery(run, version), enabled: isAny })
  return useMemo(() => (data ? new Map(data.tasks.map((task) => [task.task_id, task])) : NO_PROFILES), [data])
}
