import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { present } from '../../../src/kit/assert.ts';
import { openBrowser } from '../../support/browser.ts';
import { openPages, type Pages } from './open-pages.ts';

let pages: Pages;
let browser: Browser;
let page: Page;
/** What the browser complained of: a page must run without errors under its own security policy. */
const complaints: string[] = [];

beforeAll(async () => {
  pages = await openPages();
  browser = await openBrowser();
  page = await openPage('admin@landbridge.example', 'sandbox-password');
});
afterAll(async () => {
  await browser?.close();
  await pages?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  complaints.length = 0;
});

async function openPage(username: string, password: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const opened = await context.newPage();
  opened.setDefaultTimeout(20_000);
  opened.on('pageerror', (error) => complaints.push(error.message));
  opened.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) complaints.push(message.text());
  });
  await opened.goto(pages.url);
  await opened.fill('#username', username);
  await opened.fill('#password', password);
  await opened.click('#Login');
  await opened.waitForSelector('h1:has-text("Welcome")');
  return opened;
}

async function heading(): Promise<string> {
  return (await page.textContent('h1')) ?? '';
}

describe('the demonstration', () => {
  test('adds the external id to Contact in the Object Manager, and describe has it', async () => {
    await page.click('a:has-text("Setup")');
    await page.fill('input[data-filter=objects]', 'contact standard');
    await page.click('#objects >> a:text-is("Contact")');
    await page.click('a:has-text("New field")');
    await page.check('input[value=Text]');
    await page.click('button:has-text("Next")');
    await page.fill('#f-label', 'External Contact Id');
    expect(await page.inputValue('#f-name')).toBe('External_Contact_Id');
    await page.fill('#f-length', '32');
    await page.check('#f-unique');
    await page.check('#f-externalId');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('#fields >> text=External_Contact_Id__c');
    const row = await page.textContent('#fields tr:has-text("External_Contact_Id__c")');
    expect(row).toMatch(/Text\(32\).*✓.*unique.*external ID/s);
    const schema = pages.testOrg.org.schema();
    const contact = present(schema.findObject('Contact'), 'Contact');
    expect(schema.findField(contact, 'External_Contact_Id__c')).toMatchObject({
      type: 'string',
      length: 32,
      unique: true,
      externalId: true,
      idLookup: true,
    });
    expect(complaints).toEqual([]);
  });

  test('creates a contact with it, of an account that is found while typing', async () => {
    await page.goto(`${pages.url}/ui/objects/Contact/new`);
    await page.fill('#f-FirstName', 'Grace');
    await page.fill('#f-LastName', 'Hopper');
    await page.fill('#f-External_Contact_Id__c', 'EXT-1');
    await page.locator('#f-AccountId').pressSequentially('genep');
    await page.click('[role=option]:has-text("GenePoint")');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('[role=status]:has-text("was created")');
    expect(await heading()).toBe('Grace Hopper');
    expect(await page.textContent('main')).toMatch(/Account\s*GenePoint/);
    expect(complaints).toEqual([]);
  });

  test('is told at the field that somebody else has the external id', async () => {
    await page.goto(`${pages.url}/ui/objects/Contact/new`);
    await page.fill('#f-LastName', 'Twin');
    await page.fill('#f-External_Contact_Id__c', 'EXT-1');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('[role=alert]');
    expect(await page.textContent('[role=alert]')).toContain('duplicate value found');
    expect(await page.inputValue('#f-LastName')).toBe('Twin');
  });

  test('edits it, deletes it after a question, and takes that back', async () => {
    await page.goto(`${pages.url}/ui/objects/Contact?q=hopper`);
    await page.click('tbody th a');
    await page.click('a:has-text("Edit")');
    await page.fill('#f-Title', 'Rear Admiral');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('[role=status]:has-text("was saved")');
    expect(await page.textContent('main')).toContain('Rear Admiral');

    await page.click('a:has-text("Delete")');
    expect(await heading()).toContain('Delete Contact “Grace Hopper”?');
    await page.click('button:has-text("Delete")');
    await page.waitForSelector('[role=status]:has-text("was deleted")');
    await page.click('a:has-text("Recycle Bin")');
    await page.check('tr:has-text("Grace Hopper") input[type=checkbox]');
    await page.click('button:has-text("Restore selected")');
    await page.waitForSelector('[role=status]:has-text("was restored")');
    expect(await heading()).toBe('Grace Hopper');
    expect(complaints).toEqual([]);
  });

  test('sees the event of a change come while the monitor is open, and its payload', async () => {
    await page.goto(`${pages.url}/setup/events`);
    await page.waitForSelector('[role=status]:has-text("Listening")');
    await pages.testOrg.org.records.create(
      { ...pages.testOrg.context, origin: 'com/salesforce/api/rest/64.0;client=Tester' },
      'Account',
      [{ Name: 'Watched' }],
    );
    const event = page.locator('li:has-text("CREATE Account"):has-text("Tester")');
    await event.waitFor();
    await event.locator('summary').click();
    expect(await event.locator('pre').innerText()).toContain('"Name": "Watched"');
    await page.click('button:has-text("Pause")');
    await pages.testOrg.org.records.create(pages.testOrg.context, 'Account', [{ Name: 'Held' }]);
    await page.waitForSelector('[role=status]:has-text("1 more")');
    expect(await page.locator('li:has-text("Held")').count()).toBe(0);
    await page.click('button:has-text("Resume")');
    await page.locator('li:has-text("Held")').waitFor({ state: 'attached' });
    expect(complaints).toEqual([]);
  });

  test('sees the calls of the API counted', async () => {
    await page.goto(`${pages.url}/setup/usage`);
    expect(await page.textContent('#usage p')).toContain('0 of 100,000 API calls');
    pages.testOrg.org.usage.take(pages.testOrg.org);
    await page.waitForSelector('#usage p:has-text("1 of 100,000 API calls")');
    expect(complaints).toEqual([]);
  });

  test('asks in SOQL, and is shown the place of a mistake', async () => {
    await page.goto(`${pages.url}/ui/query`);
    await page.fill('#soql', "SELECT Name, Account.Name FROM Contact WHERE LastName = 'Hopper'");
    await page.press('#soql', 'Control+Enter');
    await page.waitForSelector('#rows');
    expect(await page.textContent('#rows')).toMatch(/Account\.Name.*Grace Hopper.*GenePoint/s);
    await page.fill('#soql', 'SELECT Nme\nFROM Contact');
    await page.click('button:has-text("Run")');
    expect(await page.textContent('#refusal')).toContain('ERROR at Row:1:Column:8');
    expect(
      await page.$eval('#soql', (area) => ('selectionStart' in area ? area.selectionStart : -1)),
    ).toBe(7);
  });
});

describe('what the Object Manager makes', () => {
  test('is a rule that refuses at the field it names, until it is deleted', async () => {
    await page.goto(`${pages.url}/setup/objects/Lead/validation-rules`);
    await page.click('a:has-text("New rule")');
    await page.fill('#f-name', 'Reachable');
    await page.fill('#f-formula', 'AND(ISBLANK(Phone), ISBLANK(Email))');
    await page.fill('#f-message', 'Give a phone number or an e-mail address.');
    await page.selectOption('#f-field', 'Phone');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('#rules:has-text("Reachable")');
    await page.goto(`${pages.url}/ui/objects/Lead/new`);
    await page.fill('#f-LastName', 'Silent');
    await page.fill('#f-Company', 'Acme');
    await page.click('button:has-text("Save")');
    expect(await page.textContent('#f-Phone-wrong')).toBe(
      'Give a phone number or an e-mail address.',
    );
    expect(await page.getAttribute('#f-Phone', 'aria-describedby')).toBe('f-Phone-wrong');
    await page.goto(`${pages.url}/setup/objects/Lead/validation-rules`);
    page.once('dialog', (dialog) => void dialog.accept());
    await page.click('button:has-text("Delete")');
    await page.waitForSelector('.empty');
    expect(complaints).toEqual([]);
  });

  test('is a picklist whose values depend on another, which forms obey', async () => {
    await page.goto(`${pages.url}/setup/objects/Case/fields/new?type=Picklist`);
    await page.fill('#f-label', 'Next Step');
    await page.fill('#f-values', 'Call\nVisit & talk\nClose');
    await page.click('button:has-text("Save")');
    await page.click('a[aria-label="Edit Next Step"]');
    await page.click('a:has-text("Field dependency")');
    await page.selectOption('#f-by', 'Status');
    await page.click('button:has-text("Show")');
    await page.check('[aria-label="Call with New"]');
    await page.check('[aria-label="Visit & talk with New"]');
    await page.check('[aria-label="Close with Working"]');
    await page.click('button:has-text("Save")');
    await page.goto(`${pages.url}/ui/objects/Case/new`);
    const offered = (): Promise<readonly (string | null)[]> =>
      page.$$eval('#f-Next_Step__c option:not([hidden])', (options) =>
        options.map(({ textContent }) => textContent),
      );
    expect(await offered()).toEqual(['— none —', 'Call', 'Visit & talk']);
    await page.selectOption('#f-Next_Step__c', 'Call');
    await page.selectOption('#f-Status', 'Working');
    expect(await offered()).toEqual(['— none —', 'Close']);
    expect(await page.inputValue('#f-Next_Step__c')).toBe('');
    expect(complaints).toEqual([]);
  });

  test('is two record types, of which a new record takes one and its values', async () => {
    for (const [label, without] of [
      ['Partner', 'Web'],
      ['Retail', 'Other'],
    ] as const) {
      await page.goto(`${pages.url}/setup/objects/Lead/record-types/new`);
      await page.fill('#f-label', label);
      await page.uncheck(`input[name="v.LeadSource"][value="${without}"]`);
      await page.click('button:has-text("Save")');
      await page.waitForSelector(`#types:has-text("${label}")`);
    }
    await page.goto(`${pages.url}/ui/objects/Lead/new`);
    await page.check('label:has-text("Retail") input');
    await page.click('button:has-text("Next")');
    const sources = await page.locator('#f-LeadSource').innerText();
    expect(sources).toContain('Web');
    expect(sources).not.toContain('Other');
    await page.fill('#f-LastName', 'Typed');
    await page.fill('#f-Company', 'Acme');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('[role=status]:has-text("was created")');
    expect(await page.textContent('main')).toMatch(/Record Type\s*Retail/);
    expect(complaints).toEqual([]);
  });
});

describe('a user whom the administrator has made', () => {
  test('sees what his profile grants, and no setup', async () => {
    await page.goto(`${pages.url}/setup/users/new`);
    await page.fill('#f-LastName', 'Reader');
    await page.fill('#f-Email', 'reader@landbridge.example');
    await page.fill('#f-Username', 'reader@landbridge.example');
    await page.selectOption('#f-ProfileId', { label: 'Minimum Access - Salesforce' });
    await page.fill('#f-password', 'reader-password');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('[role=status]:has-text("was created")');

    const reader = await openPage('reader@landbridge.example', 'reader-password');
    expect(await reader.locator('nav.tabs').innerText()).not.toContain('Contacts');
    expect(await reader.locator('header').innerText()).not.toContain('Setup');
    for (const path of ['/setup', '/setup/events', '/setup/faults', '/ui/objects/Contact']) {
      const answer = present(await reader.goto(pages.url + path), path);
      expect([403, 404]).toContain(answer.status());
      expect(await reader.textContent('main')).not.toContain('Grace');
    }
    await reader.context().close();
  });

  test('sees objects and fields as soon as a permission set grants them', async () => {
    const { org, context } = pages.testOrg;
    const [set] = await org.records.create(context, 'PermissionSet', [
      { Name: 'Readers', Label: 'Readers' },
    ]);
    await page.goto(`${pages.url}/setup/permission-sets/${set?.id ?? ''}/objects/Contact`);
    await page.check('input[name=PermissionsEdit]');
    await page.click('button:has-text("Save")');
    expect(await page.textContent('[role=alert]')).toContain('depends on');
    await page.uncheck('input[name=PermissionsEdit]');
    await page.check('input[name=PermissionsRead]');
    await page.check('[aria-label="Read Title"]');
    await page.click('button:has-text("Save")');
    await page.waitForSelector('#field-permissions:has-text("Contact.Title")');
    await page.goto(`${pages.url}/setup/users`);
    await page.click('a:text-is("Reader")');
    await page.check('label:has-text("Readers") input');
    await page.click('form:has-text("Assigned") button');
    await page.waitForSelector('[role=status]:has-text("Saved")');

    const reader = await openPage('reader@landbridge.example', 'reader-password');
    await reader.click('nav.tabs >> text=Contacts');
    const heads = await reader.locator('thead').innerText();
    expect(heads).toContain('Title');
    expect(heads).not.toContain('Email');
    expect(await reader.locator('a:text-is("New")').count()).toBe(0);
    const answer = present(await reader.goto(`${pages.url}/ui/objects/Contact/new`), 'new');
    expect(answer.status()).toBe(403);

    page.once('dialog', (dialog) => void dialog.accept());
    await page.click('button:has-text("Deactivate")');
    await page.waitForSelector('text=inactive');
    await reader.goto(pages.url);
    expect(await reader.locator('#Login').count()).toBe(1);
    await reader.context().close();
  });
});

test('every page fits a narrow screen, names its inputs, has one heading, and can be read by weak eyes', async () => {
  const [made] = await pages.testOrg.org.records.create(pages.testOrg.context, 'Account', [
    { Name: `${'Long'.repeat(40)} & Sons`, Description: 'x'.repeat(500), BillingCity: 'Rome' },
  ]);
  await page.setViewportSize({ width: 390, height: 800 });
  const account = made?.id ?? '';
  for (const path of [
    '/',
    '/ui/objects',
    '/ui/objects/Contact',
    '/ui/objects/Opportunity/new',
    `/${account}`,
    `/${account}/e`,
    `/${account}/related`,
    `/${account}/delete`,
    '/ui/query?q=SELECT+Id+FROM+Contact',
    '/ui/recycle-bin',
    '/ui/search?q=a',
    '/setup',
    '/setup/objects/Account',
    '/setup/objects/Account/details',
    '/setup/objects/Account/fields/new?type=Picklist',
    '/setup/objects/Lead/validation-rules',
    '/setup/objects/Lead/validation-rules/new',
    '/setup/objects/Lead/record-types',
    '/setup/objects/Case/fields/Next_Step__c/dependency',
    '/setup/new-object',
    '/setup/users',
    '/setup/profiles',
    '/setup/permission-sets',
    '/setup/connected-apps',
    '/setup/deployments',
    '/setup/bulk-jobs',
    '/setup/usage',
    '/setup/events',
    '/setup/faults',
  ]) {
    const answer = present(await page.goto(pages.url + path), path);
    expect([path, answer.status()]).toEqual([path, 200]);
    expect([path, await page.evaluate(SHORTCOMINGS)]).toEqual([path, []]);
  }
  expect(complaints).toEqual([]);
});

/**
 * Looked for in the page itself: what would make it hard to use on a telephone, by ear, or with weak eyes. The contrast
 * is WCAG's: 4.5 for text, 3 for large text.
 */
const SHORTCOMINGS = `(() => {
const luminance = (rgb) => {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const parts = (color) => color.match(/[\\d.]+/g).map(Number);
const ground = (element) => {
  for (let at = element; at !== null; at = at.parentElement) {
    const [r, g, b, alpha = 1] = parts(getComputedStyle(at).backgroundColor);
    if (alpha > 0) return [r, g, b];
  }
  return [255, 255, 255];
};
const pale = [...document.body.querySelectorAll('*')]
  .filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
  .flatMap((element) => {
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const [one, other] = [luminance(parts(color).slice(0, 3)), luminance(ground(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    return ratio >= (large ? 3 : 4.5) ? [] : ['contrast ' + ratio.toFixed(1) + ': ' + element.textContent.slice(0, 40)];
  });
return [
  ...pale,
  ...(document.documentElement.scrollWidth > innerWidth ? ['wider than the screen'] : []),
  ...(document.querySelectorAll('h1').length === 1 ? [] : ['not one heading']),
  ...[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
    .filter((input) => input.labels.length === 0 && !input.ariaLabel)
    .map((input) => 'without a label: ' + input.name),
  ...[...document.querySelectorAll('button, a')]
    .filter((button) => button.textContent.trim() === '')
    .map((button) => 'without a name: ' + button.outerHTML),
  ...[...document.querySelectorAll('[id]')].map(({ id }) => id)
    .filter((id, at, ids) => ids.indexOf(id) !== at)
    .map((id) => 'twice: ' + id),
];
})()`;
