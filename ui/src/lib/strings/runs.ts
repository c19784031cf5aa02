export const runs = {
  title: 'Runs', none: 'No runs yet', noHit: 'No run matches', showAll: 'Show all',
  head: { run: 'Run', dag: 'DAG', state: 'State', started: 'Started', duration: 'Duration', tasks: 'Tasks', type: 'Type', by: 'By', version: 'Version' },
  states: { label: 'State', all: 'All', failed: 'Failed', running: 'Running', queued: 'Queued', success: 'Success' },
  types: { label: 'Run type', all: 'All types', scheduled: 'Scheduled', manual: 'Manual', asset: 'Asset', backfill: 'Backfill', operator: 'From another DAG' },
  usual: (share: string) => `${share} of usual`, notStarted: 'not started', version: (n: number) => `v${String(n)}`,
  note: 'Note', matches: (n: string) => `${n} runs`,
  keys: { move: 'move', open: 'open', onlyDag: 'only this DAG, all DAGs' },
}
