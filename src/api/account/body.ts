import type { User } from '../../store/users.ts';
import { time } from '../endpoint.ts';

export function accountBody(user: User): Readonly<Record<string, unknown>> {
  return {
    allow_tracking: false,
    beta: false,
    country_of_residence: null,
    created_at: time(user.created_at),
    default_organization: null,
    default_team: null,
    delinquent_at: null,
    email: user.email,
    federated: false,
    id: user.id,
    identity_provider: null,
    last_login: time(user.updated_at),
    name: user.name,
    sms_number: null,
    suspended_at: null,
    two_factor_authentication: false,
    updated_at: time(user.updated_at),
    verified: true,
  };
}
