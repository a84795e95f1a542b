import type { Addon } from '../store/addons.ts';

/** What a provider gives for an add-on. */
export interface Given {
  /** The provider's own name for it. */
  readonly providerId: string;
  readonly message: string | null;
  /** `{"URL": "postgres://..."}`: values by the ends of their config vars' names. */
  readonly config: Readonly<Record<string, string>>;
}

/**
 * Who makes add-ons of one service. Each method is idempotent by the add-on's id: it is called again after a crash, an
 * unanswered request or a failure, and gives what the first call gave or replaces it whole.
 */
export interface AddonProvider {
  readonly service: string;
  /** Resolves to undefined while the provider is still at work; it is asked again. */
  provision(addon: Addon, signal: AbortSignal): Promise<Given | undefined>;
  changePlan(addon: Addon, plan: string, signal: AbortSignal): Promise<Given | undefined>;
  deprovision(addon: Addon, signal: AbortSignal): Promise<void>;
}
