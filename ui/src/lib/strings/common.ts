export const common = {
  product: 'Tradewind',
  nav: {
    main: 'Main', operate: 'Operate', home: 'Home', dags: 'DAGs', runs: 'Runs', importErrors: 'Import errors', pools: 'Pools', connections: 'Connections', variables: 'Variables', system: 'System',
    scheduler: 'Scheduler', healthy: 'healthy', unhealthy: 'not answering', toggle: 'open or close the side bar',
    go: (place: string) => `go to ${place}`,
  },
  live: {
    live: 'Live', paused: 'Paused',
    reconnecting: (age: string) => `Reconnecting, ${age} old`,
    failed: (n: number) => (n === 1 ? '1 run failed' : `${String(n)} runs failed`), pause: 'Stop following changes', resume: 'Follow changes',
  },
  account: {
    menu: 'Account and settings', logOut: 'Log out', theme: 'Theme', light: 'Light', dark: 'Dark', system: 'As the system',
    zone: 'Times in', utc: 'UTC', local: 'Local time', toggleTheme: 'Switch between light and dark',
    role: (role: string) => `role ${role}`,
  },
  login: {
    title: 'Log in', user: 'User name', password: 'Password', submit: 'Log in', wrong: 'User name or password is wrong',
  },
  keys: {
    all: 'all keys', title: 'Keys', single: 'Single keys', search: 'filter', close: 'close', undo: 'take the last change back',
    none: 'This screen has no keys of its own.',
  },
  states: {
    error: 'This could not be loaded', retry: 'Try again', notFound: 'Nothing is here', notFoundText: 'The address leads to no screen.',
    broken: 'This screen stopped working', brokenText: 'The rest still works. Reload to start over.', reload: 'Reload',
    stale: (text: string, age: string) => `${text}. What is shown is ${age} old.`,
    noChange: 'Not done', newer: (n: number) => `${String(n)} newer`,
  },
  actions: { close: 'Close', cancel: 'Cancel', copy: 'Copy', undo: 'Undo', open: 'Open', clear: 'Clear', copied: 'Copied', notCopied: 'Not copied: the browser allows it only over https or on this machine', resize: 'Drag to change the width' },
}
