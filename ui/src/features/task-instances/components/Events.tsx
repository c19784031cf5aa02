import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { TaskEvent, TaskInstanceDetail } from '@/api/contract'
import { Loading } from '@/components/Blank'
import { Button } from '@/components/Button'
import { Tag } from '@/components/Controls'
import { PanelSection } from '@/components/DetailPanel'
import { useDates } from '@/lib/dates'
import { links } from '@/lib/links'
import { strings } from '@/lib/strings'
import { taskEventsQuery } from '../api/events'
import { eventWords } from '../model'

const text = strings.tasks

/** What people did with it and what became of it, with the acts on its run and on several tasks at once. */
export function EventsSection({ data }: { data: TaskInstanceDetail }) {
  const query = useInfiniteQuery(taskEventsQuery(data))
  const ofRun = (
    <Link className="link" href={links.run(data.dag_id, data.run_id, 'events')}>
      {text.eventsOfRun}
    </Link>
  )
  return (
    <PanelSection title={text.events} more={ofRun}>
      <Loading query={query}>
        {({ pages }) => {
          const events = pages.flatMap((page) => page.events)
          if (events.length === 0) return <p className="t12 i3">{text.noEvents}</p>
          const ofMany = (['task', 'run'] as const).filter((of) => events.some((event) => event.of === of))
          return (
            <>
              <ol className="task-events" aria-label={text.events}>
                {events.map((event) => (
                  <EventLine key={event.id} event={event} />
                ))}
              </ol>
              {ofMany.map((of) => (
                <p key={of} className="t12 i3 of-many">
                  <Tag line>{text.eventOf[of]}</Tag> {text.eventOfWords[of]}
                </p>
              ))}
            </>
          )
        }}
      </Loading>
      {query.hasNextPage && (
        <div className="acts">
          <Button small disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {text.older}
          </Button>
        </div>
      )}
    </PanelSection>
  )
}

function EventLine({ event }: { event: TaskEvent }) {
  const dates = useDates()
  const words = eventWords(event)
  return (
    <li>
      <div className="row near">
        <span className="name ell">{event.event}</span>
        {event.of !== 'instance' && <Tag line>{text.eventOf[event.of]}</Tag>}
        <span className="grow" />
        <time className="i3 nowrap" dateTime={new Date(event.at).toISOString()} title={dates.exact(event.at)}>
          {dates.day(event.at)}, {dates.clock(event.at)}
        </time>
      </div>
      {words !== '' && <p className="i3">{words}</p>}
    </li>
  )
}
