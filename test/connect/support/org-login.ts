/** A browser as far as a login needs one: it keeps cookies, follows redirects and sends forms. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async send(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: {
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        origin: new URL(url).origin,
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = cookie.split(';', 1)[0]?.split('=', 2) ?? [];
      this.#cookies.set(name, value);
    }
    return response;
  }
}

/** Logs in at the org as a person does, and allows what is asked; resolves to the address the browser is sent back to. */
export async function logIn(
  start: string,
  {
    username,
    password,
    until,
  }: { readonly username: string; readonly password: string; readonly until: string },
): Promise<string> {
  const browser = new Browser();
  let url = start;
  let response = await browser.send(url);
  for (let steps = 0; steps < 12; steps += 1) {
    const location = response.headers.get('location');
    if (location !== null) {
      url = new URL(location, url).toString();
      if (url.startsWith(until)) return url;
      response = await browser.send(url);
      continue;
    }
    const html = await response.text();
    const hidden = Object.fromEntries(
      [...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)].map(
        ([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')],
      ),
    );
    if (html.includes('id="password"')) {
      url = new URL('/', url).toString();
      response = await browser.send(url, { ...hidden, username, pw: password, Login: 'Log In' });
    } else if (html.includes('id="oaapprove"')) {
      url = new URL('/setup/secur/RemoteAccessAuthorizationPage.apexp', url).toString();
      response = await browser.send(url, { ...hidden, save: 'Allow' });
    } else {
      throw new Error(`the login stopped at ${url}: ${response.status} ${html.slice(0, 500)}`);
    }
  }
  throw new Error(`the login went round in circles at ${url}`);
}
