import { stableId } from '../../store/stable-id.ts';

/** One machine is one region; it has the name that clients choose when nobody chooses. */
const REGIONS = [
  { name: 'us', description: 'This machine', country: 'Local', locale: 'Local' },
] as const;

const SINCE = '2026-01-01T00:00:00Z';

type Region = (typeof REGIONS)[number];

export function findRegion(identity: string): Region | undefined {
  return REGIONS.find(
    (region) => region.name === identity || regionIdentity(region.name).id === identity,
  );
}

export function listRegions(): readonly Region[] {
  return REGIONS;
}

export function regionIdentity(name: string): { readonly id: string; readonly name: string } {
  return { id: stableId('region', name), name };
}

export function regionBody(region: Region): Readonly<Record<string, unknown>> {
  return {
    ...regionIdentity(region.name),
    country: region.country,
    created_at: SINCE,
    description: region.description,
    locale: region.locale,
    private_capable: false,
    // The schema has a closed list of provider regions; this is the one that goes with `us`.
    provider: { name: 'landbridge', region: 'us-east-1' },
    updated_at: SINCE,
  };
}
