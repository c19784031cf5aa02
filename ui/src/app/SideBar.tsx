import { useQuery } from '@tanstack/react-query'
import { Bookmark, Keyboard } from 'lucide-react'
import type { Nav } from '@/api/contract'
import { Icon, Logo } from '@/components/Icon'
import { Popover } from '@/components/Popover'
import { StateGlyph } from '@/components/state/StateGlyph'
import { count, latency } from '@/lib/durations'
import { links } from '@/lib/links'
import { useRoom } from '@/lib/media'
import { useViews } from '@/lib/personal'
import { navQuery, sessionQuery } from '@/lib/session'
import { strings } from '@/lib/strings'
import { Link, useLocation, useSearch } from 'wouter'
import { AccountMenu } from './AccountMenu'
import { BottomBar } from './BottomBar'
import { keysShown } from './GlobalKeys'
import { OPERATE, placeOf, PLACES, placesFor, type Place } from './places'
import { useNavMode } from './nav-mode'

export function SideBar() {
  const rail = useNavMode() === 'rail'
  const [location] = useLocation()
  const nav = useQuery(navQuery()).data
  const session = useQuery(sessionQuery()).data
  const role = session?.role ?? 'viewer'
  const small = useRoom() === 'small'
  const operate = OPERATE.filter((one) => placesFor(role).includes(one))
  const here = placeOf(location)
  const place = (one: Place) => <PlaceLink key={one.key} place={one} rail={rail} on={one.key === here} nav={nav} />
  if (small) return session ? <BottomBar nav={nav} session={session} /> : null
  return (
    <nav className={rail ? 'nav rail' : 'nav'} aria-label={strings.nav.main}>
      <div className="brand">
        <Logo size={rail ? 20 : 18} />
        {!rail && strings.product}
      </div>
      {PLACES.map(place)}
      {operate.length > 0 && (rail ? <hr /> : <h3>{strings.nav.operate}</h3>)}
      {operate.map(place)}
      {!rail && <SavedViews />}
      <div className="foot">
        {rail ? (
          <button
            type="button"
            className="place"
            title={strings.keys.title}
            aria-label={strings.keys.title}
            onClick={() => keysShown.set(true)}
          >
            <Icon of={Keyboard} />
          </button>
        ) : (
          <Health nav={nav} />
        )}
        <Account rail={rail} />
      </div>
    </nav>
  )
}

/** Filters of the DAG list that the user gave a name. */
function SavedViews() {
  const { views } = useViews()
  const search = useSearch()
  const [location] = useLocation()
  if (views.length === 0) return null
  return (
    <>
      <h3>{strings.dags.views.saved}</h3>
      {views.map((view) => {
        const on = location === links.dags() && search === view.query
        return (
          <Link
            key={view.name}
            href={`${links.dags()}?${view.query}`}
            className={on ? 'place on' : 'place'}
            aria-current={on ? 'page' : undefined}
          >
            <Icon of={Bookmark} />
            <span className="ell">{view.name}</span>
            <span className="n">{count(view.dags)}</span>
          </Link>
        )
      })}
    </>
  )
}

function PlaceLink({ place, rail, on, nav }: { place: Place; rail: boolean; on: boolean; nav: Nav | undefined }) {
  const n = nav && place.count ? place.count(nav) : 0
  const hot = place.hot === true && n > 0
  return (
    <Link
      href={place.href}
      className={on ? 'place on' : 'place'}
      aria-current={on ? 'page' : undefined}
      title={rail ? place.label : undefined}
      aria-label={rail ? place.label : undefined}
    >
      <Icon of={place.icon} />
      {rail ? (
        hot && <span className="dot" />
      ) : (
        <>
          {place.label}
          {n > 0 && <span className={hot ? 'n hot' : 'n'}>{count(n)}</span>}
        </>
      )}
    </Link>
  )
}

function Health({ nav }: { nav: Nav | undefined }) {
  if (!nav) return null
  const well = nav.scheduler === 'healthy'
  return (
    <div className="sys">
      <StateGlyph state={well ? 'success' : 'failed'} size={8} quiet />
      <b>{strings.nav.scheduler}</b>
      <span className={well ? '' : 'bad-t'}>
        {well && nav.lag !== null ? strings.nav.lag(latency(nav.lag)) : strings.nav[nav.scheduler]}
      </span>
    </div>
  )
}

function Account({ rail }: { rail: boolean }) {
  const session = useQuery(sessionQuery()).data
  if (!session) return null
  return (
    <Popover
      label={strings.account.menu}
      trigger={(props) => (
        <button type="button" {...props} className={rail ? '' : 'me'} title={strings.account.menu}>
          <span className="ava" data-letters={session.username.slice(0, 2)} aria-hidden />
          <span className="sr">{strings.account.menu}</span>
          {!rail && (
            <>
              <span className="ell">{session.username}</span>
              <span className="n">{session.server_version}</span>
            </>
          )}
        </button>
      )}
    >
      {(close) => <AccountMenu session={session} close={close} />}
    </Popover>
  )
}
