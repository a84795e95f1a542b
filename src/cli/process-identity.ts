import { spawnSync } from 'node:child_process';

/** When a process began, as the system words it; undefined when there is none. With the pid it names a process for ever. */
export function processStart(pid: number): string | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  });
  const started = status === 0 ? stdout.trim() : '';
  return started === '' ? undefined : started;
}

export function isSameProcess({ pid, started }: { pid: number; started: string }): boolean {
  return pid !== process.pid && started !== '' && processStart(pid) === started;
}
