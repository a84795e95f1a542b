import supertest from 'supertest';

import { hiddenField } from '../../sandbox/oauth/org-for-login.ts';

interface Person {
  readonly username: string;
  readonly password: string;
}

/** Logs in and allows access on the org's pages, as a person does; resolves to what the callback is given. */
export async function logInByPages(
  authorizationUrl: string,
  { username, password }: Person,
): Promise<URLSearchParams> {
  const url = new URL(authorizationUrl);
  const browser = supertest.agent(url.origin);
  const begun = await browser.get(url.pathname + url.search).expect(302);
  const login = await browser.get(String(begun.headers['location'])).expect(200);
  const right = await browser
    .post('/')
    .type('form')
    .send({
      username,
      pw: password,
      csrf: hiddenField(login.text, 'csrf'),
      startURL: hiddenField(login.text, 'startURL'),
      Login: 'Log In',
    })
    .expect(302);
  const next = await browser.get(String(right.headers['location']));
  const allowed =
    next.status === 302
      ? next
      : await browser
          .post('/setup/secur/RemoteAccessAuthorizationPage.apexp')
          .type('form')
          .send({
            source: hiddenField(next.text, 'source'),
            csrf: hiddenField(next.text, 'csrf'),
            save: 'x',
          })
          .expect(302);
  return new URL(String(allowed.headers['location'])).searchParams;
}
