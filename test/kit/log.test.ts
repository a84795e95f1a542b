import { describe, expect, test } from '@jest/globals';

import { createLog, SECRET_NAMES } from '../../src/kit/log.ts';

function lines(): {
  readonly destination: { write(line: string): void };
  readonly text: () => string;
} {
  const written: string[] = [];
  return {
    destination: { write: (line) => void written.push(line) },
    text: () => written.join(''),
  };
}

describe('the log', () => {
  test.each(SECRET_NAMES)('never holds the value of %s, to the depth of two', (name) => {
    const { destination, text } = lines();
    const log = createLog({ service: 'test', level: 'debug', destination });
    log.info({ [name]: 'canary-1', a: { [name]: 'canary-2', b: { [name]: 'canary-3' } } }, 'x');
    expect(text()).toContain('[secret]');
    expect(text()).not.toContain('canary');
  });

  test('hides the password of a URL in an error and its cause', () => {
    const { destination, text } = lines();
    const log = createLog({ service: 'test', level: 'debug', destination });
    const cause = new Error('connect to postgres://app:canary@localhost:1/x failed');
    log.error({ err: new Error('redis://:canary@h and https://u:canary@h', { cause }) }, 'x');
    expect(text()).toContain('postgres://app:[secret]@localhost:1/x failed');
    expect(text()).not.toContain('canary');
  });
});
