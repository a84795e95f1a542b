import type { AuthInfo as Login } from '@salesforce/core';
import JSZip from 'jszip';
import { Connection as Jsforce } from 'jsforce';
import { z } from 'zod';

/**
 * What a tool built on @salesforce/core does, in a process of its own (it keeps what it knows of an org in the home
 * folder). Prints what came of it as JSON.
 */
const Given = z.object({
  url: z.string(),
  username: z.string(),
  keyFile: z.string(),
  jwtApp: z.string(),
  app: z.object({ clientId: z.string(), clientSecret: z.string(), redirectUri: z.string() }),
  code: z.string(),
  refreshToken: z.string(),
  accessToken: z.string(),
});
const given = Given.parse(JSON.parse(process.argv[2] ?? ''));
const { AuthInfo, Connection, Org, StreamingClient, User, DefaultUserFields } =
  await import('@salesforce/core');

const { url: loginUrl, username, app } = given;
const jwt = await AuthInfo.create({
  username,
  oauth2Options: { clientId: given.jwtApp, privateKeyFile: given.keyFile, loginUrl },
});
const logins = {
  jwt: await whoIs(jwt),
  accessToken: await whoIs(
    await AuthInfo.create({
      username: given.accessToken,
      accessTokenOptions: { accessToken: given.accessToken, instanceUrl: loginUrl, loginUrl },
    }),
  ),
  refreshToken: await whoIs(
    await AuthInfo.create({
      oauth2Options: { ...app, loginUrl, refreshToken: given.refreshToken },
    }),
  ),
  code: await whoIs(
    await AuthInfo.create({ oauth2Options: { ...app, loginUrl, authCode: given.code } }),
  ),
};
await jwt.save();
const org = await Org.create({ connection: await Connection.create({ authInfo: jwt }) });
const connection = org.getConnection();

const deployed = await deploy();
const sample = Array.from({ length: 2_500 }, (_, n) => ({ LastName: `Core ${n}` }));
await connection.bulk2.loadAndWaitForResults({
  object: 'Contact',
  operation: 'insert',
  input: sample,
  pollInterval: 200,
});
const contacts = await connection.query("SELECT Id FROM Contact WHERE LastName LIKE 'Core %'", {
  autoFetch: true,
  maxFetch: 10_000,
});
const { fields } = await connection.describe('Account');
const definitions = await connection.tooling.query(
  'SELECT DeveloperName FROM CustomField ORDER BY DeveloperName',
);
process.stdout.write(
  JSON.stringify({
    logins,
    orgId: org.getOrgId(),
    fetched: contacts.records.length,
    describesCustom: fields.find(({ custom }) => custom)?.name,
    tooling: definitions.records.map((record) => record['DeveloperName']),
    deployed,
    user: await makeUser(),
    events: await listen(),
  }),
);
process.exit();

async function whoIs(authInfo: Login): Promise<string> {
  return (await (await Connection.create({ authInfo })).identity()).username;
}

async function deploy(): Promise<string> {
  const metadata = (root: string, content: string) =>
    `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="http://soap.sforce.com/2006/04/metadata">${content}</${root}>`;
  const field = (name: string) =>
    `<fields><fullName>${name}</fullName><label>${name}</label><type>Text</type><length>20</length></fields>`;
  const zip = new JSZip();
  const types =
    '<types><members>Said__e</members><members>Account</members><name>CustomObject</name></types>';
  zip.file('package.xml', metadata('Package', `${types}<version>60.0</version>`));
  zip.file('objects/Account.object', metadata('CustomObject', field('Level__c')));
  const event = `<deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType><label>Said</label><pluralLabel>Said</pluralLabel><publishBehavior>PublishImmediately</publishBehavior>`;
  zip.file('objects/Said__e.object', metadata('CustomObject', event + field('Text__c')));
  const bytes = await zip.generateAsync({ type: 'nodebuffer' });
  connection.metadata.pollInterval = 200;
  const { status } = await connection.metadata
    .deploy(bytes, { singlePackage: true, rollbackOnError: true })
    .complete(true);
  return status;
}

async function makeUser(): Promise<unknown> {
  const user = await User.create({ org });
  const template = await DefaultUserFields.create({ templateUser: username });
  const made = await user.createUser({
    ...template.getFields(),
    username: 'made@landbridge.example',
    email: 'made@landbridge.example',
    lastName: 'Made',
  });
  const password = User.generatePasswordUtf8();
  await user.assignPassword(made, password);
  let secret = '';
  password.value((buffer) => {
    secret = buffer.toString('utf8');
  });
  const login = new Jsforce({ loginUrl });
  await login.login('made@landbridge.example', secret);
  const { records } = await connection.query(
    "SELECT Profile.Name FROM User WHERE Username = 'made@landbridge.example'",
  );
  const [row] = z.array(z.object({ Profile: z.object({ Name: z.string() }) })).parse(records);
  return {
    profile: row?.Profile.Name,
    password: secret.length > 0,
    logsIn: (await login.identity()).username,
  };
}

async function listen(): Promise<unknown> {
  await connection.sobject('PushTopic').create({
    Name: 'Accounts',
    Query: 'SELECT Id, Name FROM Account',
    ApiVersion: 60,
    NotifyForFields: 'All',
  });
  const channel = await connection.sobject('StreamingChannel').create({ Name: '/u/Core' });
  const Topic = z.object({ event: z.object({ type: z.string() }) });
  const Platform = z.object({ payload: z.object({ Text__c: z.string() }) });
  const Generic = z.object({ payload: z.string() });
  const Change = z.object({
    payload: z.object({ ChangeEventHeader: z.looseObject({ changeType: z.string() }) }),
  });
  return {
    pushTopic: await hear(
      '/topic/Accounts',
      (message) => Topic.parse(message).event.type,
      () => connection.sobject('Account').create({ Name: 'Heard' }),
    ),
    platform: await hear(
      '/event/Said__e',
      (message) => Platform.parse(message).payload.Text__c,
      () => connection.sobject('Said__e').create({ Text__c: 'by event' }),
    ),
    generic: await hear(
      '/u/Core',
      (message) => Generic.parse(message).payload,
      () =>
        connection.requestPost(`/sobjects/StreamingChannel/${channel.id}/push`, {
          pushEvents: [{ payload: 'by push', userIds: [] }],
        }),
    ),
    change: await hear(
      '/data/ContactChangeEvent',
      (message) => Change.parse(message).payload.ChangeEventHeader.changeType,
      () => connection.sobject('Contact').create({ LastName: 'Changed' }),
    ),
  };
}

/** What the first message is, that comes of what is done. */
async function hear(
  channel: string,
  read: (message: unknown) => string,
  act: () => Promise<unknown>,
): Promise<unknown> {
  const options = new StreamingClient.DefaultOptions(org, channel, (message) => ({
    completed: true,
    payload: read(message),
  }));
  const client = await StreamingClient.create(options);
  await client.handshake();
  return client.subscribe(async () => {
    await act();
  });
}
