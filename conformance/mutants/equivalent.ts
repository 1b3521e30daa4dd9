/** Faults that change nothing by themselves, with the proof; each is planted with a second one. */
export interface Equivalent {
  readonly name: string;
  readonly proof: string;
}

export const EQUIVALENT: readonly Equivalent[] = [
  {
    name: 'no check of NEWLEADER’s epoch alone (5)',
    proof:
      'a learner reads NEWLEADER on the connection that brought LEADERINFO, and a leader has one ' +
      'epoch as long as that connection lives, so it is the accepted one; 5 is planted with the ' +
      'check of LEADERINFO gone, too',
  },
  {
    name: 'the epoch of an acknowledged entry not looked at (23)',
    proof:
      'an established leader has committed its whole initial history, so what a quorum lacks is ' +
      'of its own epoch, and zxids of older epochs are below it; 23 is planted as counting by the ' +
      'counter, and in the specification with acknowledgements that outlive the leadership',
  },
];
