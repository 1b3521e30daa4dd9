/**
 * The floor: a bare Node server that cuts frames and answers reads from a Map. No sessions, watches, ACLs, log or
 * consensus: what is left is the cost of sockets and of Node. It speaks just enough for load.c's reads.
 */
import { Buffer } from 'node:buffer';
import { createServer, type AddressInfo, type Socket } from 'node:net';

const CREATE = 1;
const DELETE = 2;
const GET_DATA = 4;
const STAT_LENGTH = 68;
const nodes = new Map<string, Buffer>();

/** Header and body of one reply, length included. */
const reply = (xid: number, body: Buffer | null): Buffer => {
  const length = 16 + (body?.length ?? 0);
  const out = Buffer.alloc(4 + length);
  out.writeInt32BE(length, 0);
  out.writeInt32BE(xid, 4);
  body?.copy(out, 20);
  return out;
};

const answer = (request: Buffer): Buffer => {
  const xid = request.readInt32BE(0);
  const op = request.readInt32BE(4);
  if (op !== CREATE && op !== DELETE && op !== GET_DATA) return reply(xid, null);
  const pathEnd = 12 + request.readInt32BE(8);
  const path = request.toString('latin1', 12, pathEnd);
  if (op === DELETE) {
    nodes.delete(path);
    return reply(xid, null);
  }
  if (op === CREATE) {
    const length = request.readInt32BE(pathEnd);
    const body = Buffer.alloc(4 + length + STAT_LENGTH);
    request.copy(body, 0, pathEnd, pathEnd + 4 + length);
    nodes.set(path, body);
    return reply(xid, request.subarray(8, pathEnd));
  }
  return reply(xid, nodes.get(path)!);
};

const connected = (): Buffer => {
  const out = Buffer.alloc(41);
  out.writeInt32BE(37, 0);
  out.writeInt32BE(30_000, 8);
  out.writeInt32BE(1, 16);
  out.writeInt32BE(16, 20);
  return out;
};

const serve = (socket: Socket): void => {
  let kept: Buffer = Buffer.alloc(0);
  let greeted = false;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    const out: Buffer[] = [];
    let at = 0;
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readInt32BE(at);
      if (end > bytes.length) break;
      if (greeted) out.push(answer(bytes.subarray(at + 4, end)));
      else out.push(connected());
      greeted = true;
      at = end;
    }
    kept = bytes.subarray(at);
    if (out.length > 0) socket.write(out.length === 1 ? out[0]! : Buffer.concat(out));
  });
};

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`ready 127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
