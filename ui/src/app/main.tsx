import '@/styles/index.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { startKeys } from '@/lib/keys'
import { followTheme } from '@/lib/theme'
import { Providers } from './Providers'
import { Routes } from './router'

followTheme()
startKeys()

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <Providers>
      <Routes />
    </Providers>
  </StrictMode>,
)
