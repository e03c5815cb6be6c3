import { expect, it } from 'vitest';
import { type Asked, judge } from './guard.js';

const door = { port: 4321, token: 'secret' };
const good: Asked = {
  method: 'GET',
  url: '/api/status',
  host: '127.0.0.1:4321',
  origin: undefined,
  site: 'same-origin',
  cookie: 'other=1; holdfast_4321=secret',
};

it('passes its own page, and a visit with the token', () => {
  expect(judge(good, door)).toMatchObject({ pass: true, path: '/api/status', enter: false });
  expect(judge({ ...good, origin: 'http://127.0.0.1:4321' }, door)).toMatchObject({ pass: true });
  expect(judge({ ...good, method: 'HEAD', host: 'LOCALHOST:4321' }, door)).toMatchObject({ pass: true });
  const visit = { ...good, url: '/?token=secret', cookie: undefined, site: 'cross-site' };
  expect(judge(visit, door)).toMatchObject({ pass: true, path: '/', enter: true });
});

it.each<[string, Partial<Asked>, number]>([
  ['no token', { cookie: undefined }, 403],
  ['a wrong token', { cookie: 'holdfast_4321=secres' }, 403],
  ['the cookie of another port', { cookie: 'holdfast_4322=secret' }, 403],
  ['a wrong token in the address', { cookie: undefined, url: '/?token=x' }, 403],
  ['the token where it is not taken', { cookie: undefined, url: '/api/status?token=secret' }, 403],
  ['another origin', { origin: 'http://evil.example' }, 403],
  ['an opaque origin', { origin: 'null' }, 403],
  ['the same host, another port', { origin: 'http://127.0.0.1:80' }, 403],
  ['https', { origin: 'https://127.0.0.1:4321' }, 403],
  ['another site that has the cookie', { site: 'cross-site' }, 403],
  ['another port of this machine', { site: 'same-site' }, 403],
  ['a name that was made to mean this machine', { host: 'evil.example:4321' }, 421],
  ['another port', { host: '127.0.0.1:80' }, 421],
  ['no host', { host: undefined }, 421],
  ['a method that changes', { method: 'POST' }, 405],
  ['OPTIONS', { method: 'OPTIONS' }, 405],
  ['an address of a proxy', { url: 'http://127.0.0.1:4321/' }, 400],
  ['a path that begins as a host', { url: '//evil.example/' }, 400],
])('refuses %s', (_, wrong, status) => {
  expect(judge({ ...good, ...wrong }, door)).toMatchObject({ pass: false, status });
});

it('takes the path as it is, so none leads out of the table of paths', () => {
  for (const url of ['/..%2f..%2fetc/passwd', '/../../etc/passwd', '/%2e%2e/x'])
    expect(judge({ ...good, url }, door)).toMatchObject({ pass: true, path: url });
});
