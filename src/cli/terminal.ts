import colors from 'picocolors';

import { systemClock } from '../kit/clock.ts';

/** What a person reads while `npm start` works: one line a step, with the time it took. */
export const terminal = {
  title(text: string): void {
    console.log(`\n${colors.bold(text)}\n`);
  },

  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const startedAt = systemClock.now();
    const interactive = process.stdout.isTTY;
    if (interactive) process.stdout.write(`  ${colors.dim('…')} ${what}`);
    try {
      const result = await work();
      const took = ((systemClock.now() - startedAt) / 1_000).toFixed(1);
      if (interactive) process.stdout.write('\r\u001B[K');
      console.log(`  ${colors.green('✓')} ${what} ${colors.dim(`${took} s`)}`);
      return result;
    } catch (error) {
      if (interactive) process.stdout.write('\r\u001B[K');
      console.log(`  ${colors.red('✗')} ${what}`);
      throw error;
    }
  },

  rows(rows: readonly (readonly [label: string, text: string])[]): void {
    const width = Math.max(...rows.map(([label]) => label.length));
    for (const [label, text] of rows) console.log(`  ${colors.dim(label.padEnd(width))}  ${text}`);
  },

  line(text = ''): void {
    console.log(text);
  },

  warn(text: string): void {
    console.error(`  ${colors.yellow('!')} ${text}`);
  },

  fail(text: string): void {
    console.error(`\n${colors.red('landbridge:')} ${text}\n`);
  },

  strong: (text: string): string => colors.bold(text),
  link: (text: string): string => colors.cyan(text),
};
