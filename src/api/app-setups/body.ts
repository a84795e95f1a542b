import type { Platform } from '../../ports.ts';
import type { Build } from '../../store/builds.ts';
import type { Setup } from '../../store/setups.ts';
import { outputUrl } from '../builds/body.ts';
import { time } from '../endpoint.ts';

export function setupBody(
  platform: Pick<Platform, 'addresses'>,
  setup: Setup,
  build: Build | undefined,
): Readonly<Record<string, unknown>> {
  return {
    app: { id: setup.app_id, name: setup.app_name },
    build:
      build === undefined
        ? null
        : { id: build.id, output_stream_url: outputUrl(platform, build), status: build.status },
    created_at: time(setup.created_at),
    failure_message: setup.failure_message,
    id: setup.id,
    manifest_errors: setup.manifest_errors,
    postdeploy: setup.postdeploy,
    resolved_success_url: setup.success_url,
    status: setup.status,
    updated_at: time(setup.updated_at),
  };
}
