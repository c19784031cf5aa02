import { Ellipsis } from 'lucide-react'
import type { Nav, Session } from '@/api/contract'
import { Icon } from '@/components/Icon'
import { Menu, Popover } from '@/components/Popover'
import { strings } from '@/lib/strings'
import { Link, useLocation } from 'wouter'
import { AccountMenu } from './AccountMenu'
import { placesFor, placeOf } from './places'

/** Places that a phone has room for; the fifth holds the rest. */
const SHOWN = ['home', 'dags', 'runs', 'import-errors']

/** The navigation of a phone, at the bottom. */
export function BottomBar({ nav, session }: { nav: Nav | undefined; session: Session }) {
  const [location, navigate] = useLocation()
  const here = placeOf(location)
  const places = placesFor(session.role)
  const rest = places.filter((place) => !SHOWN.includes(place.key))
  return (
    <nav className="bottom" aria-label={strings.nav.main}>
      {places
        .filter((place) => SHOWN.includes(place.key))
        .map((place) => (
          <Link
            key={place.key}
            href={place.href}
            className={place.key === here ? 'place on' : 'place'}
            aria-current={place.key === here ? 'page' : undefined}
          >
            <Icon of={place.icon} />
            {place.label}
            {place.hot && nav && place.count && place.count(nav) > 0 && <span className="dot" />}
          </Link>
        ))}
      <Popover
        label={strings.nav.more}
        trigger={(props) => (
          <button type="button" {...props} className={rest.some((place) => place.key === here) ? 'place on' : 'place'}>
            <Icon of={Ellipsis} />
            {strings.nav.more}
          </button>
        )}
      >
        {(close) => (
          <>
            <Menu
              close={close}
              items={rest.map((place) => ({
                key: place.key,
                label: (
                  <>
                    <Icon of={place.icon} size={14} />
                    {place.label}
                  </>
                ),
                on: place.key === here,
                run: () => navigate(place.href),
              }))}
            />
            <AccountMenu session={session} close={close} />
          </>
        )}
      </Popover>
    </nav>
  )
}
