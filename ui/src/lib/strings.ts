import { acts } from './strings/acts'
import { admin } from './strings/admin'
import { audit } from './strings/audit'
import { common } from './strings/common'
import { dags } from './strings/dags'
import { importErrors } from './strings/errors'
import { graph } from './strings/graph'
import { home } from './strings/home'
import { logs } from './strings/logs'
import { run } from './strings/run'
import { palette } from './strings/palette'
import { runs } from './strings/runs'
import { tasks } from './strings/tasks'
import { trigger } from './strings/trigger'
import { why } from './strings/why'

/** Every text of the UI, one section per area, one file per section. */
export const strings = {
  ...common,
  acts,
  admin,
  audit,
  dags,
  graph,
  home,
  importErrors,
  logs,
  palette,
  run,
  runs,
  tasks,
  trigger,
  why,
}
