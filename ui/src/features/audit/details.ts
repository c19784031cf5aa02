/** What an entry carries, for reading: JSON on several lines, anything else as it is. */
export function detailsOf(extra: string | null): string | null {
  if (extra === null || extra.trim() === '' || extra.trim() === '{}') return null
  try {
    return JSON.stringify(JSON.parse(extra), null, 2)
  } catch {
    return extra
  }
}
