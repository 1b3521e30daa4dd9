/**
 * Splits what TLC prints with `-tool` into messages: `@!@!@STARTMSG code:class @!@!@`, text,
 * `@!@!@ENDMSG code @!@!@`. Messages may nest (an exception that carries a message): the inner
 * one comes out first. Lines outside of any message are code 0: SANY's, and what Print writes.
 */
export interface TlcMessage {
  /** TLC's message number (`tlc2.output.EC`); 0 for a line outside of messages. */
  readonly code: number;
  readonly text: string;
}

interface Open {
  readonly code: number;
  readonly lines: string[];
}

const START = /^(.*?)@!@!@STARTMSG (\d+):(\d+) @!@!@$/;
const END = /^@!@!@ENDMSG (\d+) @!@!@$/;

/** Feed it chunks as they come; it calls back for each message that is complete. */
export class MessageReader {
  private rest = '';
  private readonly open: Open[] = [];
  private readonly onMessage: (message: TlcMessage) => void;

  constructor(onMessage: (message: TlcMessage) => void) {
    this.onMessage = onMessage;
  }

  feed(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line.replace(/\r$/, ''));
  }

  /** The stream has ended: what is still open comes out as it stands. */
  end(): void {
    if (this.rest !== '') this.line(this.rest);
    this.rest = '';
    for (let top = this.open.pop(); top !== undefined; top = this.open.pop()) this.emit(top);
  }

  private line(line: string): void {
    const start = START.exec(line);
    const current = this.open[this.open.length - 1];
    if (start !== null) {
      const before = start[1] ?? '';
      if (before !== '') {
        if (current === undefined) this.onMessage({ code: 0, text: before });
        else current.lines.push(before);
      }
      this.open.push({ code: Number(start[2]), lines: [] });
      return;
    }
    if (END.test(line) && current !== undefined) {
      this.open.pop();
      this.emit(current);
      return;
    }
    if (current === undefined) this.onMessage({ code: 0, text: line });
    else current.lines.push(line);
  }

  private emit(open: Open): void {
    this.onMessage({ code: open.code, text: open.lines.join('\n') });
  }
}
