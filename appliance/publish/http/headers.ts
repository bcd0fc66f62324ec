// Headers of every answer. The page has no inline script or style, so the policy needs no exception; what devices call
// themselves is text to the page and can start nothing.

import type { FastifyReply } from 'fastify';

const POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export function setSecurityHeaders(reply: FastifyReply, isData: boolean): void {
  reply.headers({
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    ...(isData ? { 'cache-control': 'no-store' } : {}),
  });
}
