import { html } from './html.ts';
import type { Page } from './page.ts';

export function loginPage(form: {
  readonly csrf: string;
  readonly startUrl: string;
  readonly username: string;
  readonly failed: boolean;
  readonly leadsTo: string | undefined;
}): Page {
  return {
    title: 'Log in',
    ...(form.leadsTo === undefined ? {} : { leadsTo: form.leadsTo }),
    body: html`<form id="login_form" name="login" method="post" action="/">
        ${form.failed ? html`<p class="error" id="error" role="alert">Please check your username and password. If you still can't log in, contact your administrator.</p>` : ''}
        <input type="hidden" name="csrf" value="${form.csrf}" />
        <input type="hidden" name="startURL" value="${form.startUrl}" />
        <label for="username">Username</label>
        <input
          type="email"
          id="username"
          name="username"
          value="${form.username}"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          ${form.username === '' ? html`autofocus` : ''}
        />
        <label for="password">Password</label>
        <input type="password" id="password" name="pw" autocomplete="current-password" required />
        <input type="submit" id="Login" name="Login" value="Log In" />
      </form>
      <p class="small">
        A local org. The administrator's username and password were printed when it started.
      </p>`,
  };
}
