// Runs before the first paint, so that a dark page never flashes white. src/lib/theme.ts holds the same rule.
;(() => {
  let choice = null
  try {
    choice = JSON.parse(localStorage.getItem('tradewind.theme'))
  } catch {
    // Storage is off, or holds something else: follow the system.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
