import { z } from 'zod';

/**
 * What a tool built on @salesforce/core does, in a process of its own (it keeps what it knows of an org in the home
 * folder): logs in by JWT, subscribes, writes a record, waits for its event. Prints what came as JSON.
 */
const [url = '', username = '', keyFile = ''] = process.argv.slice(2);
const { AuthInfo, Connection, Org, StreamingClient } = await import('@salesforce/core');

const Event = z.object({
  payload: z.object({ ChangeEventHeader: z.looseObject({ changeType: z.string() }) }),
});

const authInfo = await AuthInfo.create({
  username,
  oauth2Options: { clientId: 'jwt', privateKeyFile: keyFile, loginUrl: url },
});
const org = await Org.create({ connection: await Connection.create({ authInfo }) });
const connection = org.getConnection();
const identity = await connection.identity();
process.stdout.write(
  JSON.stringify({
    username: identity.username,
    retained: await receive(-2),
    fresh: await receive(-1),
    invalid: await receive(7),
  }),
);
process.exit();

async function receive(replay: number): Promise<unknown> {
  const options = new StreamingClient.DefaultOptions(
    org,
    '/data/ContactChangeEvent',
    (message) => ({
      completed: true,
      payload: Event.parse(message).payload.ChangeEventHeader.changeType,
    }),
  );
  const client = await StreamingClient.create(options);
  client.replay(replay);
  await client.handshake();
  try {
    return await client.subscribe(async () => {
      await connection.sobject('Contact').create({ LastName: 'Core' });
    });
  } catch (error) {
    return error instanceof Error
      ? error.message
      : z.looseObject({ message: z.string() }).parse(error).message;
  }
}
