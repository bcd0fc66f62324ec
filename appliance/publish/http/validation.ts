// Checks requests against their schemas, and answers every failure in one shape. Bodies are taken as they are; words of a
// query or a path are turned into numbers first. Unknown fields are refused, never dropped in silence.

import type { FastifyError, FastifyInstance, FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { type ErrorCode, WeirError } from '../../model/errors.ts';
import { printable } from '../../model/text.ts';

const STATUS_OF: Partial<Record<ErrorCode, number>> = {
  CAPTURE_UNREACHABLE: 503,
  INDEX_DAMAGED: 503,
  DATA_FULL: 503,
  DATA_UNWRITABLE: 503,
  LEDGER_WAITS: 503,
  REQUEST_INVALID: 400,
  FILE_UNREADABLE: 400,
  DEVICE_UNKNOWN: 404,
  DEVICE_AMBIGUOUS: 409,
  SEGMENT_OPEN: 409,
  SEGMENT_ALTERED: 409,
  PACKET_UNKNOWN: 404,
  REVEAL_TOO_OFTEN: 429,
};

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (data: unknown) => {
    const value = httpPart === 'body' ? data : Value.Default(schema, Value.Convert(schema, data));
    if (validator.Check(value)) return { value };
    const [first] = validator.Errors(value);
    const where = (first?.instancePath ?? '').replaceAll('/', '.').slice(1);
    return {
      error: new WeirError(
        'REQUEST_INVALID',
        `${httpPart ?? 'request'}${where === '' ? '' : ` ${printable(where, 64)}`}: ${first?.message ?? 'invalid'}`,
      ),
    };
  };
};

/** Documents only ever gain fields: answers are written as they are, the schemas describe them and the tests compare. */
export function installValidation(app: FastifyInstance, report: (error: Error, url: string) => void): void {
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = statusOf(error);
    if (status >= 500) report(error, request.url);
    const code = error instanceof WeirError ? error.code : status === 500 ? 'INTERNAL' : 'REQUEST_INVALID';
    const text = status === 500 ? 'The appliance could not answer; its log says why.' : error.message;
    return reply.code(status).send({ code, error: text });
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ code: 'NOT_FOUND', error: 'There is no such page.' }),
  );
}

function statusOf(error: FastifyError): number {
  if (error instanceof WeirError) return STATUS_OF[error.code] ?? 500;
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 600 ? status : 500;
}
