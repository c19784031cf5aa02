export const graph = {
  label: 'Tasks and what depends on what', miniMap: 'The whole graph', find: 'Find a task', levels: 'Levels', level1: 'Level 1', level2: 'Level 2', all: 'All levels',
  group: 'group', done: (done: string, total: string) => `${done} of ${total}`, setup: 'setup', teardown: 'teardown', notTaken: 'not taken', setupTeardown: 'setup → teardown',
  zoomIn: 'Zoom in', zoomOut: 'Zoom out', fit: 'Fit', structure: 'Structure only', run: 'Run', legendDone: 'done', legendWait: 'to come', legendSkip: 'not taken',
  keys: { move: 'follow edges', group: 'open or close a group', up: 'only upstream', down: 'only downstream', zoom: 'zoom', fit: 'fit' },
  note: (tasks: string, groups: string | null, edges: string) => `${tasks}${groups === null ? '' : ` in ${groups}`}, ${edges}`, side: { up: (task: string) => `Before ${task}`, down: (task: string) => `After ${task}` },
  whole: 'Show all', failed: 'The graph could not be laid out; its tasks as a list:', none: 'This DAG has no tasks',
}
