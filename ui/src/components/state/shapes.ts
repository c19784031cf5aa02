import type { TaskState } from '@/api/contract'

/**
 * Shapes of states in a 14 px box, as layers of one path each. All commands are relative after the first, so that a
 * shape can be drawn anywhere by moving to its corner first; a whole block of grid cells is then one path per layer.
 * `paint` names classes of styles/state.css, `width` is the stroke.
 */
export interface Layer {
  d: string
  paint: string
  width?: number
  spin?: boolean
  dash?: string
}

const square = 'm3 0h8a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-8a3 3 0 0 1-3-3v-8a3 3 0 0 1 3-3z'
const hollow =
  'm3.2.7h7.6a2.5 2.5 0 0 1 2.5 2.5v7.6a2.5 2.5 0 0 1-2.5 2.5h-7.6a2.5 2.5 0 0 1-2.5-2.5v-7.6a2.5 2.5 0 0 1 2.5-2.5z'
const disc = (r: number) =>
  `m${String(7 - r)} 7a${String(r)} ${String(r)} 0 1 0 ${String(2 * r)} 0a${String(r)} ${String(r)} 0 1 0 ${String(-2 * r)} 0z`
const dot = (x: number, r: number) =>
  `m${String(x - r)} 7a${String(r)} ${String(r)} 0 1 0 ${String(2 * r)} 0a${String(r)} ${String(r)} 0 1 0 ${String(-2 * r)} 0z`

/** Cells of the grid: success is quiet, everything else is loud and has its own shape. */
export const CELLS: Record<TaskState, Layer[]> = {
  success: [
    { d: square, paint: 'f-ok-q' },
    { d: 'm4.1 7.2l2 2l3.8-4.1', paint: 's-on-ok on-contrast', width: 1.5 },
  ],
  failed: [
    { d: square, paint: 'f-bad' },
    { d: 'm4.6 4.6l4.8 4.8m0-4.8l-4.8 4.8', paint: 's-white', width: 1.6 },
  ],
  upstream_failed: [
    { d: hollow, paint: 's-bad', width: 1.4 },
    { d: 'm7 9.8v-5m-2.2 2l2.2-2.2l2.2 2.2', paint: 's-bad', width: 1.4 },
  ],
  up_for_retry: [
    { d: square, paint: 'f-retry' },
    { d: 'm10.2 7a3.2 3.2 0 1 1-1.2-2.5m.6-1.6v2h-1.9', paint: 's-on-retry', width: 1.5 },
  ],
  awaiting_input: [
    { d: square, paint: 'f-wait' },
    { d: 'm7 3.6v4m0 2.7h.01', paint: 's-bg', width: 1.8 },
  ],
  restarting: [
    { d: hollow, paint: 's-run', width: 1.4 },
    { d: 'm9.9 7a2.9 2.9 0 1 1-1.1-2.3m.5-1.5v1.9h-1.9', paint: 's-run', width: 1.4 },
  ],
  running: [
    { d: square, paint: 'f-run' },
    { d: 'm5.4 4.2l4.5 2.8l-4.5 2.8z', paint: 'f-white s-white', width: 1 },
  ],
  deferred: [
    { d: square, paint: 'f-wait' },
    { d: 'm5.4 4.6v4.8m3.2-4.8v4.8', paint: 's-bg', width: 1.7 },
  ],
  up_for_reschedule: [
    { d: hollow, paint: 's-wait', width: 1.4 },
    { d: 'm7 4.1v2.9l2 1.4', paint: 's-wait', width: 1.4 },
  ],
  queued: [
    { d: hollow, paint: 's-idle', width: 1.4 },
    { d: 'm4.2 7h.01m2.79 0h.01m2.79 0h.01', paint: 's-idle', width: 1.9 },
  ],
  scheduled: [{ d: hollow, paint: 's-idle', width: 1.4, dash: '2.4 2.2' }],
  none: [{ d: dot(7, 1.25), paint: 'f-line-2' }],
  skipped: [{ d: 'm3.6 4.4l2.6 2.6l-2.6 2.6m4-5.2l2.6 2.6l-2.6 2.6', paint: 's-idle', width: 1.4 }],
  removed: [{ d: 'm4 7h6', paint: 's-ink-4', width: 1.4 }],
}

/** Glyphs beside text: success has one, too. */
export const GLYPHS: Record<TaskState, Layer[]> = {
  success: [
    { d: disc(6.5), paint: 'f-ok' },
    { d: 'm4.1 7.2l2 2l3.8-4.1', paint: 's-on-ok', width: 1.5 },
  ],
  failed: [
    { d: 'm3.5.5h7a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-7a3 3 0 0 1-3-3v-7a3 3 0 0 1 3-3z', paint: 'f-bad' },
    { d: 'm4.7 4.7l4.6 4.6m0-4.6l-4.6 4.6', paint: 's-white', width: 1.6 },
  ],
  upstream_failed: [
    {
      d: 'm3.7 1.2h6.6a2.5 2.5 0 0 1 2.5 2.5v6.6a2.5 2.5 0 0 1-2.5 2.5h-6.6a2.5 2.5 0 0 1-2.5-2.5v-6.6a2.5 2.5 0 0 1 2.5-2.5z',
      paint: 's-bad',
      width: 1.4,
    },
    { d: 'm7 9.9v-5.3m-2.3 2.1l2.3-2.3l2.3 2.3', paint: 's-bad', width: 1.4 },
  ],
  up_for_retry: [
    { d: 'm12.4 7a5.4 5.4 0 1 1-1.8-4m.6-2.1v2.9h-2.9', paint: 's-retry', width: 1.6 },
    { d: dot(7, 1.5), paint: 'f-retry' },
  ],
  awaiting_input: [
    {
      d: 'm2.6.8h8.8a1.8 1.8 0 0 1 1.8 1.8v5.6a1.8 1.8 0 0 1-1.8 1.8h-4.2l-3.2 3v-3h-1.4a1.8 1.8 0 0 1-1.8-1.8v-5.6a1.8 1.8 0 0 1 1.8-1.8z',
      paint: 'f-wait',
    },
    { d: 'm7 3v2.8m0 1.9h.01', paint: 's-bg', width: 1.7 },
  ],
  restarting: [
    { d: 'm12.4 7a5.4 5.4 0 0 1-9.6 3.3m-1.2-3.3a5.4 5.4 0 0 1 9.6-3.3', paint: 's-run', width: 1.5, spin: true },
    { d: 'm11.6 1.2v2.7h-2.7m-6.5 8.9v-2.7h2.7', paint: 's-run', width: 1.5, spin: true },
  ],
  running: [
    { d: disc(5.6), paint: 's-run faint', width: 1.8 },
    { d: 'm12.6 7a5.6 5.6 0 1 1-11.2 0a5.6 5.6 0 1 1 11.2 0z', paint: 's-run', width: 1.8, dash: '21 15', spin: true },
    { d: dot(7, 2.1), paint: 'f-run' },
  ],
  deferred: [
    { d: disc(6.5), paint: 'f-wait' },
    { d: 'm5.4 4.6v4.8m3.2-4.8v4.8', paint: 's-bg', width: 1.6 },
  ],
  up_for_reschedule: [
    { d: disc(5.8), paint: 's-wait', width: 1.4 },
    { d: 'm7 3.8v3.2l2.2 1.5', paint: 's-wait', width: 1.4 },
  ],
  queued: [
    { d: disc(5.8), paint: 's-idle', width: 1.4 },
    { d: [4.5, 7, 9.5].map((x) => 'M0 0' + dot(x, 0.9)).join(''), paint: 'f-idle' },
  ],
  scheduled: [{ d: disc(5.8), paint: 's-idle', width: 1.4, dash: '2.2 2.35' }],
  none: [{ d: disc(2), paint: 's-idle', width: 1.3 }],
  skipped: [{ d: 'm2.6 3.6l3.6 3.4l-3.6 3.4m4.8-6.8l3.6 3.4l-3.6 3.4', paint: 's-idle', width: 1.5 }],
  removed: [
    {
      d: 'm3.9 1.4h6.2a2.5 2.5 0 0 1 2.5 2.5v6.2a2.5 2.5 0 0 1-2.5 2.5h-6.2a2.5 2.5 0 0 1-2.5-2.5v-6.2a2.5 2.5 0 0 1 2.5-2.5z',
      paint: 's-idle',
      width: 1.3,
      dash: '2.4 2',
    },
    { d: 'm4.6 7h4.8', paint: 's-idle', width: 1.4 },
  ],
}
