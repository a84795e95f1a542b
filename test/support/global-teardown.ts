import { rm } from 'node:fs/promises';

export default async function globalTeardown(): Promise<void> {
  const running = globalThis.landbridgeTestPostgres;
  if (running === undefined) return;
  await running.server[Symbol.asyncDispose]();
  await rm(running.folder, { recursive: true, force: true });
}
