/** The router's refusals: code, what Heroku calls it, and whether it was the client who gave up. */
export const H_CODES = {
  H10: 'App crashed',
  H11: 'Backlog too deep',
  H12: 'Request timeout',
  H13: 'Connection closed without response',
  H14: 'No web dynos running',
  H15: 'Idle connection',
  H17: 'Poorly formatted HTTP response',
  H18: 'Server Request Interrupted',
  H19: 'Backend connection timeout',
  H20: 'App boot timeout',
  H21: 'Backend connection refused',
  H26: 'Request Error',
  H27: 'Client Request Interrupted',
  H28: 'Client Connection Idle',
  H80: 'Maintenance mode',
  H81: 'Blank app',
  H99: 'Platform error',
} as const satisfies Record<string, string>;

export type HCode = keyof typeof H_CODES;

interface Page {
  readonly status: number;
  readonly title: string;
  readonly text: string;
}

const APPLICATION_ERROR: Page = {
  status: 503,
  title: 'Application error',
  text: 'An error occurred in the application and your page could not be served. If you are the application owner, look at its logs for details.',
};

const MAINTENANCE: Page = {
  status: 503,
  title: 'Offline for maintenance',
  text: 'This application is undergoing maintenance right now. Please check back in a little while.',
};

const BLANK: Page = {
  status: 503,
  title: 'Nothing here yet',
  text: 'This application exists, and nothing has been deployed to it so far.',
};

const BAD_EXPECTATION: Page = {
  status: 417,
  title: 'Expectation failed',
  text: 'The request expects something of this server that it cannot do.',
};

const NO_SUCH_APP: Page = {
  status: 404,
  title: 'No such app',
  text: 'There is no app at this address. Check its name, or the name of the app that should answer here.',
};

/** The page of a refusal; without a code, of a host that no app has. */
export function pageOf(code: HCode | undefined): Page {
  if (code === undefined) return NO_SUCH_APP;
  if (code === 'H80') return MAINTENANCE;
  if (code === 'H81') return BLANK;
  return code === 'H26' ? BAD_EXPECTATION : APPLICATION_ERROR;
}

export interface Body {
  readonly type: string;
  readonly text: string;
}

/** The page as the client likes it: JSON where it asks for that and not for HTML. */
export function renderPage(code: HCode | undefined, accept: string): Body {
  const { title, text } = pageOf(code);
  if (/\bjson\b/i.test(accept) && !/\bhtml\b/i.test(accept)) {
    const id = title.toLowerCase().replaceAll(' ', '_');
    const error = { id, message: text, ...(code === undefined ? {} : { code }) };
    return { type: 'application/json', text: `${JSON.stringify(error)}\n` };
  }
  const small = code === undefined ? '' : `<p class="code">${code} · ${H_CODES[code]}</p>`;
  return { type: 'text/html; charset=utf-8', text: html({ title, text, small }) };
}

/** Only texts of this file go in, never the request's. */
function html({ title, text, small }: { title: string; text: string; small: string }): string {
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
  :root { color-scheme: light dark; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 17px/1.55 system-ui, sans-serif;
         background: light-dark(#f5f6fa, #14161d); color: light-dark(#23273a, #e4e6ef); }
  main { max-width: 32rem; margin: 1.5rem; padding: 2.5rem; border-radius: 16px; background: light-dark(#fff, #1d202b);
         box-shadow: 0 1px 2px #0001, 0 12px 40px #0000000f; }
  h1 { margin: 0 0 .6rem; font-size: 1.5rem; letter-spacing: -.01em; }
  p { margin: 0; }
  .code { margin-top: 1.6rem; font: 13px/1.4 ui-monospace, monospace; opacity: .6; }
</style>
<main>
  <h1>${title}</h1>
  <p>${text}</p>
  ${small}
</main>
</html>
`;
}
