/**
 * What must hold between a server and its clients, seen from the server's side:
 *
 * - ServesInBroadcast: clients are answered by servers in BROADCAST only.
 * - SessionsEndByLeader: a session that its client does not close ends because its leader, by its
 *   own clock, has not heard of it for the whole of its timeout.
 */
import type { SessionId } from '../../core/ids.js';
import { zabStateOf } from '../../core/state.js';
import type { MemberEvent, MemberStep, CoreStep } from '../../server/member.js';
import { hex, type History } from './history.js';
import type { SimServer } from './server.js';
import { must } from './violation.js';

interface Touch {
  readonly at: number;
  readonly timeout: number;
}

export class ServiceWatch {
  /** By server: when it last heard of each session, while it leads. */
  readonly #touches = new Map<SimServer, Map<SessionId, Touch>>();

  constructor(readonly history: History) {}

  #of(server: SimServer): Map<SessionId, Touch> {
    const known = this.#touches.get(server);
    if (known !== undefined) return known;
    const touches = new Map<SessionId, Touch>();
    this.#touches.set(server, touches);
    return touches;
  }

  crashed(server: SimServer): void {
    this.#touches.delete(server);
  }

  /** A step of a core, before the member has been seen to have taken it. */
  coreStepped(server: SimServer, { event, effects, after }: CoreStep): void {
    const { now } = server;
    for (const effect of effects) {
      if (effect.type === 'role') {
        if (effect.role.kind !== 'leading' || !effect.role.serving) this.#touches.delete(server);
        else {
          const sessions = server.state!.service.sessions.tracked;
          const touches = this.#of(server);
          for (const [id, { timeout }] of sessions) {
            if (!touches.has(id)) touches.set(id, { at: now, timeout });
          }
        }
      } else if (effect.type === 'pinged' && effect.conn !== null) {
        for (const { sessionId, timeout } of effect.packet.sessions) {
          this.#of(server).set(sessionId, { at: now, timeout });
        }
      } else if (effect.type === 'revalidate' && effect.conn !== null) {
        const { sessionId, timeout } = effect.packet;
        this.#of(server).set(sessionId, { at: now, timeout });
      }
    }
    if (event.type === 'sync') {
      const { sessionId, cxid } = event.packet;
      const op = this.history.sessions.get(sessionId)?.ops.get(cxid);
      const { peer, log } = after;
      const epoch = peer.state === 'LEADING' && peer.zab === 'BROADCAST' ? peer.epoch : 0;
      if (op !== undefined) op.mark = { zxid: log.history.last, epoch };
    }
    if (event.type !== 'propose') return;
    const { body, sessionId, cxid } = event.txn;
    if (body.type === 'createSession') {
      this.#of(server).set(sessionId, { at: now, timeout: body.timeout });
    }
    if (body.type !== 'closeSession') return;
    this.history.closing.add(sessionId);
    if (cxid !== 0) return;
    const touch = this.#of(server).get(sessionId);
    must(touch === undefined || now >= touch.at + touch.timeout, 'SessionsEndByLeader', () => {
      return (
        `server ${server.sid} ends session ${hex(sessionId)} at ${now}, ` +
        `heard of at ${touch!.at}, timeout ${touch!.timeout}`
      );
    });
  }

  stepped(server: SimServer, event: MemberEvent, { effects, state }: MemberStep): void {
    if (event.type === 'clientRequest' || event.type === 'clientConnect')
      this.#heard(server, event);
    const serves = zabStateOf(state.core) === 'BROADCAST';
    if (serves) return;
    for (const effect of effects) {
      const answers = effect.type === 'reply' || effect.type === 'connectReply';
      must(!answers, 'ServesInBroadcast', () => {
        return `server ${server.sid} in ${zabStateOf(state.core)} sends ${effect.type}`;
      });
    }
  }

  /** A leader hears of its own clients' sessions by their requests. */
  #heard(server: SimServer, event: MemberEvent & { readonly conn: unknown }): void {
    const { service } = server.state!;
    if (service.role.kind !== 'leading' || !service.role.serving) return;
    if (event.type !== 'clientRequest' && event.type !== 'clientConnect') return;
    const connection = service.clients.conns.get(event.conn);
    if (connection?.phase !== 'open') return;
    const { sessionId, timeout } = connection;
    this.#of(server).set(sessionId, { at: server.now, timeout });
  }
}
