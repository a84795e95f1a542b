import type { Request, Response } from 'express';

import { findBrowserSession, formToken, isFormToken } from '../browser.ts';
import { DEVICE_PATH } from '../flows/device.ts';
import { devicePage, messagePage } from '../pages/consent-page.ts';
import { sendPage } from '../pages/page.ts';
import type { OAuthPorts } from '../ports.ts';
import { findApp } from '../store/apps.ts';
import { decideDevice, findPendingDevice } from '../store/device-codes.ts';
import { formOf, queryOf } from './parameters.ts';

/** GET /setup/connect: the user enters the code that the device shows, then decides. */
export function showDevice(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const session = await findBrowserSession(ports, request);
    const userCode = cleanCode(queryOf(request)['user_code']);
    if (session === undefined) {
      const back = userCode === '' ? DEVICE_PATH : `${DEVICE_PATH}?user_code=${userCode}`;
      response.redirect(`/?ec=302&startURL=${encodeURIComponent(back)}`);
      return;
    }
    const found =
      userCode === ''
        ? undefined
        : await findPendingDevice(ports.pool, userCode, new Date(ports.clock.now()));
    const app = found === undefined ? undefined : await findApp(ports.pool, found.clientId);
    sendPage(
      response,
      devicePage({
        userCode,
        failed: userCode !== '' && app === undefined,
        asked:
          found === undefined || app === undefined
            ? undefined
            : { app, scopes: found.scopes, user: session.user },
        csrf: formToken(ports, request, response),
      }),
    );
  };
}

/** POST /setup/connect: the decision. */
export function decideOnDevice(ports: OAuthPorts) {
  return async (request: Request, response: Response): Promise<void> => {
    const form = formOf(request);
    const session = await findBrowserSession(ports, request);
    const userCode = cleanCode(form['user_code']);
    if (session === undefined || !isFormToken(ports, request, form['csrf'] ?? '')) {
      sendPage(
        response,
        messagePage('This page has expired', 'Open it again from the device’s address.', 403),
      );
      return;
    }
    if (form['save'] === undefined && form['cancel'] === undefined) {
      response.redirect(`${DEVICE_PATH}?user_code=${encodeURIComponent(userCode)}`);
      return;
    }
    const approved = form['save'] !== undefined;
    const decided = await decideDevice(ports.pool, userCode, {
      state: approved ? 'approved' : 'denied',
      userId: session.user.id,
      now: new Date(ports.clock.now()),
    });
    const [title, message] = !decided
      ? ['This code has expired', 'Ask the device for another one.']
      : approved
        ? ['The device is connected', 'You can close this page and go on at the device.']
        : ['Access was denied', 'The device gets no access.'];
    sendPage(response, messagePage(title, message, decided ? 200 : 400));
  };
}

function cleanCode(code: string | undefined): string {
  return (code ?? '').toUpperCase().replace(/[^A-Z]/g, '');
}
