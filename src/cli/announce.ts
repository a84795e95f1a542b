import type { Secrets } from './home.ts';
import type { Made } from './set-up.ts';
import { shellQuote } from './environment-file.ts';
import type { StartConfig } from './start-config.ts';
import { terminal } from './terminal.ts';

export interface Announcement {
  readonly config: StartConfig;
  readonly secrets: Secrets;
  readonly made: Made;
  readonly envFile: string;
}

/** The last page of `npm start`: where everything is, and what to try. */
export function announce({ config, secrets, made, envFile }: Announcement): void {
  const { ports } = config;
  const { org, appUrl, databaseUrl } = made;
  terminal.title('All is running.');
  terminal.rows([
    ['Dashboard', terminal.link(`http://localhost:${ports.platform}`)],
    ['  key', secrets.apiKey],
    ...(appUrl === undefined ? [] : [['contact-card', terminal.link(appUrl)] as const]),
    ['Sandbox org', terminal.link(org.url)],
    ['  user', org.username],
    ['  password', secrets.orgPassword],
  ]);
  if (appUrl !== undefined && databaseUrl !== undefined) {
    terminal.line();
    terminal.line(`  ${terminal.strong('The database of contact-card')}`);
    terminal.line(`  psql ${shellQuote(databaseUrl)}`);
    terminal.line();
    terminal.line(`  ${terminal.strong('Three things to try')}`);
    terminal.line(
      `  1. Open ${appUrl}, change a contact’s phone, and look at it in the org: ${org.url}`,
    );
    terminal.line(
      '  2. Change a contact in the org, and watch the open page of contact-card follow.',
    );
    terminal.line('  3. Write SQL, and see it arrive in Salesforce:');
    terminal.line(`     . ${shellQuote(envFile)}`);
    terminal.line(
      `     psql "$DATABASE_URL" -c "update salesforce.contact set title = 'Captain' where lastname = 'Frank'"`,
    );
    terminal.line(
      `     psql "$DATABASE_URL" -c "select name, email, sfid, _hc_lastop from salesforce.contact"`,
    );
  }
  terminal.line();
  terminal.line(
    `  Every client: . ${shellQuote(envFile)}    Logs: ${config.home}/logs    Stop: Ctrl-C`,
  );
  terminal.line();
}
