// The control socket of a running home (a path, so it works across network namespaces): one JSON line asks, one answers.
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { HomeReply, HomeRequest } from './messages.ts';

const LINE_LIMIT = 4096;

export type Obey = (request: HomeRequest) => Promise<HomeReply>;

export async function startControl(path: string, obey: Obey): Promise<void> {
  rmSync(path, { force: true });
  const server = createServer((socket) => void serve(socket, obey));
  server.listen(path);
  await once(server, 'listening');
}

async function serve(socket: Socket, obey: Obey): Promise<void> {
  socket.on('error', () => socket.destroy());
  const line = await readLine(socket);
  const reply = await answer(line, obey);
  socket.end(`${JSON.stringify(reply)}\n`);
}

async function answer(line: string, obey: Obey): Promise<HomeReply> {
  try {
    return await obey(JSON.parse(line) as HomeRequest);
  } catch (error) {
    return { ok: false, error: String(error) };
  }
}

async function readLine(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes('\n') || text.length > LINE_LIMIT) break;
  }
  return text.split('\n')[0] ?? '';
}

/** Asks a running home; throws with its complaint, or where none answers. */
export async function askHome(path: string, request: HomeRequest): Promise<Extract<HomeReply, { ok: true }>> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.write(`${JSON.stringify(request)}\n`);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
  const reply = JSON.parse(text) as HomeReply;
  if (!reply.ok) throw new Error(reply.error);
  return reply;
}
