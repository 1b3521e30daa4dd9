/**
 * Pings after a third of the session timeout without a request, and gives the connection up after
 * two thirds without a word from the server (Apache: `ClientCnxn`, readTimeout = timeout × 2/3).
 */

/** Apache's MAX_SEND_PING_INTERVAL: however long the session timeout is. */
const PING_INTERVAL_MAX = 10_000;

/** Owned by one session; runs while a connection does. */
export class Heartbeat {
  private ping: NodeJS.Timeout | null = null;
  private silence: NodeJS.Timeout | null = null;

  constructor(
    private readonly sendPing: () => void,
    private readonly onSilence: (ms: number) => void,
  ) {}

  /** `pinging` only when the session stands. `timeout`: the session's, ms. */
  start(timeout: number, pinging: boolean): void {
    this.stop();
    const patience = Math.max(1, Math.floor((timeout * 2) / 3));
    this.silence = setTimeout(() => {
      this.onSilence(patience);
    }, patience);
    if (!pinging) return;
    const interval = Math.max(1, Math.min(Math.floor(timeout / 3), PING_INTERVAL_MAX));
    // `sendPing` says that it sent, which winds the timer up again.
    this.ping = setTimeout(this.sendPing, interval);
  }

  sent(): void {
    this.ping?.refresh();
  }

  heard(): void {
    this.silence?.refresh();
  }

  stop(): void {
    if (this.ping !== null) clearTimeout(this.ping);
    if (this.silence !== null) clearTimeout(this.silence);
    this.ping = null;
    this.silence = null;
  }
}
