import { findDynoSize, type DynoSize } from '../../core/dyno-size.ts';
import { stableId } from '../../store/stable-id.ts';

export function dynoSizeIdentity(name: string): { readonly id: string; readonly name: string } {
  const canonical = findDynoSize(name)?.name ?? name;
  return { id: stableId('dyno-size', canonical), name: canonical };
}

export function dynoSizeBody(size: DynoSize): Readonly<Record<string, unknown>> {
  return {
    ...dynoSizeIdentity(size.name),
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    compute: size.compute,
    cost: null,
    dedicated: size.dedicated,
    generation: { id: stableId('stack', 'cedar'), name: 'cedar' },
    memory: size.memoryMb / 1_024,
    precise_dyno_units: 0,
    private_space_only: false,
  };
}
