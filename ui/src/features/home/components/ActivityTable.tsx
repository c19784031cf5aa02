import type { Bucket } from '@/api/contract'
import { Dialog } from '@/components/Dialog'
import { useDates } from '@/lib/dates'
import { count } from '@/lib/durations'
import { strings } from '@/lib/strings'

const text = strings.home.activity

/** The data of the chart as a table, newest first. */
export function ActivityTable({ buckets, onClose }: { buckets: Bucket[]; onClose: () => void }) {
  const dates = useDates()
  return (
    <Dialog title={text.title} width={560} onClose={onClose}>
      <table className="home-table">
        <thead>
          <tr>
            <th scope="col">{text.columns.time}</th>
            <th scope="col" className="r">
              {text.columns.success}
            </th>
            <th scope="col" className="r">
              {text.columns.failed}
            </th>
            <th scope="col" className="r">
              {text.columns.running}
            </th>
          </tr>
        </thead>
        <tbody>
          {[...buckets].reverse().map((bucket) => (
            <tr key={bucket.start}>
              <th scope="row">{dates.dateTime(bucket.start)}</th>
              <td className="r">{count(bucket.success)}</td>
              <td className={bucket.failed > 0 ? 'r bad-t w5' : 'r'}>{count(bucket.failed)}</td>
              <td className="r">{count(bucket.running)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  )
}
