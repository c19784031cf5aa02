import { afterEach, describe, expect, it, vi } from 'vitest'
import { button, byLabel, find, showApp, type Shown } from '@/testing/show'
import { connectionSpec } from './resources/connection'

let app: Shown
const field = (label: string) => {
  const found = [...document.querySelectorAll('label')].find((one) => one.textContent === label)
  return document.getElementById(found?.htmlFor ?? '')
}
const verdict = () => find('.panel [role="status"]').textContent

describe('the test of a connection', { timeout: 20_000 }, () => {
  afterEach(async () => {
    await app.stop()
    vi.unstubAllGlobals()
  })

  it('tests a new one before it is saved, and tells how it went', async () => {
    app = await showApp('/connections?new=1')
    await app.until(() => button('Test'))
    await app.click(button('Test'))
    expect(app.sent).toEqual([])
    expect(find('.panel').textContent).toContain('A value is needed')
    await app.type(field('Connection id'), 'mail')
    await app.type(field('Type'), 'smtp')
    await app.type(field('Host'), 'mail.example')
    await app.click(button('Test'))
    await app.until(() => expect(verdict()).toMatch(/^It works, tested in .*Connection successfully tested$/))
    expect(app.sent).toHaveLength(1)
    expect(app.sent[0]).toMatchObject({ method: 'POST', url: '/api/v2/connections/test' })
    expect(app.sent[0]?.body).toMatchObject({ connection_id: 'mail', host: 'mail.example', password: null })
    expect(document.activeElement).toBe(button('Test'))
    await app.type(field('Host'), 'elsewhere')
    expect(verdict()).toBe('')
    await app.press('t')
    await app.until(() => expect(verdict()).toMatch(/^The test failed after .*Connection refused$/))
  })

  it('tests a stored one with the password that is stored, and only where it belongs', async () => {
    app = await showApp('/connections?name=partner_sftp')
    await app.until(() => button('Test'))
    await app.press('t')
    await app.until(() => expect(verdict()).toContain('It works'))
    expect(app.sent[0]?.body).toMatchObject({ connection_id: 'partner_sftp', port: 22, password: '***' })
    await app.type(field('Host'), 'other.example')
    await app.click(button('Test'))
    await app.until(() => expect(verdict()).toContain('enter the password'))
  })

  it('is not there for other things, nor for who may not write', async () => {
    app = await showApp('/variables?new=1')
    await app.until(() => byLabel('Variable'))
    expect(() => button('Test')).toThrow()
    await app.stop()
    app = await showApp('/connections?name=partner_sftp', { role: 'user' })
    await app.until(() => byLabel('Connection'))
    expect(() => button('Test')).toThrow()
  })

  it('sends a password only when it was typed', () => {
    const row = {
      connection_id: 'db',
      conn_type: 'postgres',
      description: null,
      host: 'h',
      login: null,
      schema: null,
      port: 5432,
      password: '***',
      extra: null,
    }
    const form = connectionSpec.toForm(row)
    expect(connectionSpec.test?.(form)).toMatchObject({ password: '***', port: 5432 })
    expect(connectionSpec.test?.({ ...form, password: '' })).toMatchObject({ password: null })
    expect(connectionSpec.test?.({ ...form, password: 'new' })).toMatchObject({ password: 'new' })
  })
})
