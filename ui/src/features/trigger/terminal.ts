import { shellWord } from '@/lib/shell'
import { isoText } from './dates'
import type { FormState } from './form'

/** The same as a command, in lines that a shell joins. */
export function terminalCommand(
  dagId: string,
  state: Pick<FormState, 'set' | 'dateMode' | 'date' | 'runId'>,
  unpause: boolean,
): string {
  const parts = ['tradewind dags trigger', shellWord(dagId)]
  if (Object.keys(state.set).length > 0) parts.push(`--conf ${shellWord(JSON.stringify(state.set))}`)
  if (state.runId !== '') parts.push(`--run-id ${shellWord(state.runId)}`)
  if (state.dateMode === 'none') parts.push('--logical-date none')
  if (state.dateMode === 'date' && state.date !== null) parts.push(`--logical-date ${isoText(state.date)}`)
  if (unpause) parts.push('--unpause')
  return parts.join(' \\\n  ')
}
