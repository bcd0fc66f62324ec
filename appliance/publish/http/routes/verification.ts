// Verification of the data folder: begun, and watched until its result.

import { verificationSchema } from '../../schemas/verification.ts';
import { CAPTURES } from '../access/scopes.ts';
import type { App, RouteRoom } from '../routing.ts';

export function verificationRoutes(app: App, { api }: RouteRoom): void {
  app.get(
    '/api/v1/verify',
    {
      config: CAPTURES,
      schema: {
        summary: 'The verification that runs, or the last one since the start',
        response: { 200: verificationSchema },
      },
    },
    async () => api.verification(),
  );

  app.post(
    '/api/v1/verify',
    {
      config: CAPTURES,
      schema: {
        summary: 'Verify all files, ledger lines and signatures; while one runs, that one goes on',
        response: { 200: verificationSchema },
      },
    },
    async () => api.verify(),
  );
}
