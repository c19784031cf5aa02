import { QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { Toasts } from '@/components/Toasts'
import { setUnauthorizedHandler } from '@/lib/http'
import { links } from '@/lib/links'
import { createQueryClient } from '@/lib/query'

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(createQueryClient)
  const [, navigate] = useLocation()

  useEffect(() => {
    setUnauthorizedHandler(() => {
      if (window.location.pathname === '/login') return
      client.clear()
      navigate(links.login(window.location.pathname + window.location.search), { replace: true })
    })
  }, [client, navigate])

  return (
    <QueryClientProvider client={client}>
      {children}
      <Toasts />
    </QueryClientProvider>
  )
}
