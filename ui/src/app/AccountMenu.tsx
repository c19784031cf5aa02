import { useQueryClient } from '@tanstack/react-query'
import { LogOut } from 'lucide-react'
import type { Session } from '@/api/contract'
import { Segmented } from '@/components/Controls'
import { Icon } from '@/components/Icon'
import { zoneChoice } from '@/lib/dates'
import { sendJson } from '@/lib/http'
import { links } from '@/lib/links'
import { useStore } from '@/lib/store'
import { strings } from '@/lib/strings'
import { themeChoice } from '@/lib/theme'
import { showToast } from '@/lib/toasts'
import { useLocation } from 'wouter'

const THEMES = [
  { value: 'system', label: strings.account.system },
  { value: 'light', label: strings.account.light },
  { value: 'dark', label: strings.account.dark },
] as const
const ZONES = [
  { value: 'utc', label: strings.account.utc },
  { value: 'local', label: strings.account.local },
] as const

export function AccountMenu({ session, close }: { session: Session; close: () => void }) {
  const theme = useStore(themeChoice)
  const zone = useStore(zoneChoice)
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const logOut = async () => {
    try {
      await sendJson<undefined>('DELETE', '/ui/session')
    } catch (error) {
      showToast({ text: error instanceof Error ? error.message : strings.states.noChange, tone: 'bad' })
      return
    }
    close()
    client.clear()
    navigate(links.login('/'))
  }
  return (
    <div className="account">
      <div className="t12">
        <b>{session.username}</b> <span className="i3">{strings.account.role(session.role)}</span>
      </div>
      <div>
        <div className="th">{strings.account.theme}</div>
        <Segmented
          small
          label={strings.account.theme}
          choices={THEMES}
          value={theme}
          onChange={(value) => themeChoice.set(value)}
        />
      </div>
      <div>
        <div className="th">{strings.account.zone}</div>
        <Segmented
          small
          label={strings.account.zone}
          choices={ZONES}
          value={zone}
          onChange={(value) => zoneChoice.set(value)}
        />
      </div>
      <div className="menu">
        <button type="button" onClick={() => void logOut()}>
          <Icon of={LogOut} size={14} />
          {strings.account.logOut}
        </button>
      </div>
    </div>
  )
}
