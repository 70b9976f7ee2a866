/** Displays that are redrawn in place while something runs. */
import { requireKind } from "../base/kinds.js";
import { requireLike } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import { lossChart } from "../plot/charts.js";
import type { Figure } from "../plot/figure.js";
import { lossDrawing } from "../plot/loss-drawing.js";
import type { Picture } from "../plot/picture.js";
import { isWatched } from "./environment.js";
import { say } from "./messages.js";
import { bundle, DisplaySlot, publish, Throttle } from "./publish.js";
import { bundleOf, pictureBundle } from "./show.js";

/**
 * A display that is redrawn in place: `draw` is called at most five times a second and takes at most a tenth
 * of the time. Where nobody watches it is called once, by `done()`.
 *
 * @param draw makes the picture or chart of the present state; pictures are redrawn everywhere,
 * an interactive chart is best kept for the end: `live(() => picture, () => chart)`.
 * @param last makes what stays when it is over; default `draw`.
 * @example
 * const film = live(() => imageGrid(latest));
 * for (…) { …; film.update(); }
 * film.done();
 */
export function live(draw: () => Picture | Figure, last: () => Picture | Figure = draw): Live {
  requireKind("last", last, "a function");
  requireKind("draw", draw, "a function");
  return new Live(draw, last);
}

/** Made by {@link live}. */
export class Live {
  private readonly slot = new DisplaySlot();
  private readonly throttle = new Throttle();

  constructor(
    private readonly draw: () => Picture | Figure,
    private readonly last: () => Picture | Figure,
  ) {
    requireKind("last", last, "a function");
    requireKind("draw", draw, "a function");
  }

  /** Redraws, unless that was done just now. */
  update(): void {
    if (isWatched()) this.throttle.run(() => this.slot.replace(bundleOf(this.draw())));
  }

  /** Draws the last state, which stays. */
  done(): void {
    this.slot.replace(bundleOf(this.last()), { last: true });
  }
}

/** What a trainer reports after each step. */
export interface LossReport {
  readonly step: number;
  readonly loss: number;
  readonly learningRate?: number;
}

export interface LiveLossOptions {
  /** Last step of the training, so that the axis does not move. */
  steps?: number;
  /** Weight of the past in the running mean, in [0, 1); default 0.95. */
  smoothing?: number;
  title?: string;
}

/**
 * A loss curve that grows while a training runs: loss of each step, running mean, learning rate, and
 * the latest samples beside it. Ends as an interactive chart.
 *
 * @example
 * const chart = liveLoss({ steps: 500 });
 * await trainer.run(500, { onStep: chart.onStep });
 * chart.done();
 */
export function liveLoss(options: LiveLossOptions = {}): LiveLoss {
  return new LiveLoss(options);
}

/** Made by {@link liveLoss}. */
export class LiveLoss {
  private readonly slot = new DisplaySlot();
  private readonly throttle = new Throttle();
  private readonly steps: number[] = [];
  private readonly losses: number[] = [];
  private readonly rates: number[] = [];
  private picture: Picture | undefined;

  constructor(private readonly options: LiveLossOptions) {
    requireKnownKeys("liveLoss", options, { steps: "a number", smoothing: "a number", title: "a text" });
  }

  /** Takes a step's report; passes as the `onStep` of a trainer. */
  readonly onStep = (report: LossReport): void => {
    requireLike("a step's report", report, ["step", "loss"], "a trainer, { onStep: curve.onStep },");
    const { step, loss, learningRate } = report;
    this.steps.push(step);
    this.losses.push(loss);
    this.rates.push(learningRate ?? NaN);
    this.redraw();
  };

  /** Puts a picture of samples beside the curve in place of the one before. */
  samples(picture: Picture): void {
    requireKind("picture", picture, "an object");
    this.picture = picture;
    this.redraw();
  }

  /**
   * Leaves the interactive chart, and the latest samples below it.
   *
   * @throws RangeError when no step was reported.
   */
  done(): void {
    if (this.losses.length === 0) throw new RangeError(say("noStep"));
    this.slot.replace(bundleOf(this.chart()), { last: true });
    if (this.picture) publish(pictureBundle(this.picture));
  }

  /** The chart of what was reported so far. */
  chart(): Figure {
    const { smoothing, title } = this.options;
    return lossChart({
      steps: this.steps,
      loss: this.losses,
      smoothing,
      title,
      learningRate: this.knownRates(),
    });
  }

  private knownRates(): number[] | undefined {
    return this.rates.some(Number.isFinite) ? this.rates : undefined;
  }

  private redraw(): void {
    if (!isWatched() || !this.losses.some(Number.isFinite)) return;
    this.throttle.run(() => {
      const { smoothing, title, steps } = this.options;
      const shared = {
        steps: this.steps,
        loss: this.losses,
        learningRate: this.knownRates(),
        smoothing,
        title,
      };
      const { data, metadata } = pictureBundle(lossDrawing({ ...shared, lastStep: steps, beside: this.picture }));
      // Only the PNG: it is shown in every notebook, and replaced without a flicker.
      this.slot.replace({
        ...bundle({ "image/png": data["image/png"], "text/plain": data["text/plain"] }),
        metadata,
      });
    });
  }
}
