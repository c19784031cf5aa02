import { MINUTE } from '../builders'
import { fakeTaskEvents } from './events'
import { fakeExplanation } from './explain'
import { fakeLog, fakeSearch } from './log'
import { fakeMapped, fakePayments, PAYMENTS } from './payments'
import { rowOf, runOf } from './history'
import { fakeProfile } from './profile'
import type { Peek, Route } from './refusal'
import { fakeTask } from './task'
import { fakeTimeline, timelineOf } from './timeline'

/** A run over time, its task instances, their logs and what they wait for. */
export function taskRoutes(peek: Peek): Route[] {
  const logStart = () => peek().now - 3 * MINUTE - 34_000
  return [
    [
      'GET',
      /^\/ui\/runs\/([^/]+)\/([^/]+)\/timeline$/,
      ([dagId = '', runId = '']) => {
        const { now, version } = peek()
        const run = runOf(peek, dagId, runId)
        return timelineOf(dagId, run, now, version)
      },
    ],
    [
      'GET',
      /^\/ui\/runs\/([^/]+)\/([^/]+)\/profile$/,
      ([, runId = '']) => fakeProfile(fakeTimeline(runId, peek().now, peek().version)),
    ],
    [
      'GET',
      /^\/ui\/task-instances\/([^/]+)\/([^/]+)\/([^/]+)$/,
      ([dagId = '', runId = '', taskId = ''], query) => {
        const { now, version } = peek()
        return dagId === PAYMENTS
          ? fakePayments(runId, taskId, Number(query.get('map_index') ?? -1), now, version)
          : fakeTask(rowOf(peek, dagId), runId, taskId, Number(query.get('map_index') ?? -1), now, version)
      },
    ],
    [
      'GET',
      /^\/ui\/task-instances\/[^/]+\/([^/]+)\/([^/]+)\/mapped$/,
      ([runId = '', taskId = ''], query) => fakeMapped(runId, taskId, query),
    ],
    [
      'GET',
      /^\/ui\/task-instances\/([^/]+)\/([^/]+)\/([^/]+)\/events$/,
      ([dagId = '', runId = '', taskId = ''], query) => fakeTaskEvents(peek, dagId, runId, taskId, query),
    ],
    [
      'GET',
      /^\/ui\/explain\/([^/]+)\/([^/]+)\/([^/]+)\/(-?\d+)$/,
      ([, runId = '', taskId = '']) => fakeExplanation(runId, taskId, peek().now, peek().version),
    ],
    ['GET', /^\/ui\/logs\/[^/]+\/[^/]+\/([^/]+)\/\d+$/, ([taskId = ''], query) => fakeLog(taskId, logStart(), query)],
    [
      'GET',
      /^\/ui\/logs\/[^/]+\/[^/]+\/([^/]+)\/\d+\/search$/,
      ([taskId = ''], query) => fakeSearch(taskId, logStart(), query),
    ],
  ]
}
