/** How far a study is. */
/** One part of a study and how long it is expected to take. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
}

/** Where a study of many parts is: expected seconds done and in all, whatever order the parts are done in. */
export class StudyProgress {
  private readonly shares = new Map<string, number>();

  constructor(
    private readonly phases: readonly Phase[],
    private readonly onChange: (done: number, text: string) => void = () => {},
  ) {}

  get total(): number {
    return this.phases.reduce((sum, { seconds }) => sum + seconds, 0);
  }

  get done(): number {
    return this.phases.reduce((sum, { name, seconds }) => sum + seconds * (this.shares.get(name) ?? 0), 0);
  }

  /** @param share of the phase that is done, 0 … 1; more counts as 1 */
  update(name: string, share: number): void {
    this.shares.set(name, Math.min(1, share));
    this.onChange(this.done, name);
  }
}
