/** What a browser can do with the library: the theory, a network and its loss, a sampler and a metric, on points. */
import {
  compile,
  ddim,
  dpmSolverPlusPlus,
  featuresOf,
  fitGaussian,
  frechetDistance,
  gaussianDenoiser,
  guided,
  linearSchedule,
  networkDenoiser,
  normalNoise,
  PointMlp,
  qSample,
  sample,
  simpleLoss,
  tf,
  UNet2D,
  variationalBound,
  zeroTerminalSnr,
} from "diffusion-lab";

/** Numbers of every part, from fixed seeds. */
export async function numbers(): Promise<Record<string, number[]>> {
  const schedule = linearSchedule({ T: 100 });
  const noise = normalNoise(7);
  const network = new PointMlp({ hidden: [16, 16], num_class_embeds: 3 }, { seed: 3 });
  const label = tf.tensor1d([0, 1, 2, 0], "int32");
  const denoiser = guided(networkDenoiser(network, schedule), {
    guidanceScale: 2,
    unconditional: { label: tf.tensor1d([2], "int32") },
  });
  const points = await sample(ddim(denoiser, schedule, noise(0, [4, 2]), { steps: 5, condition: { label } }));
  const exact = gaussianDenoiser(schedule, [0.3, -0.2], 0.25);
  const samples = await sample(dpmSolverPlusPlus(exact, schedule, noise(1, [50, 2]), { steps: 10 }));
  const image = new UNet2D(
    {
      in_channels: 1,
      out_channels: 1,
      block_out_channels: [8],
      norm_num_groups: 2,
      down_block_types: ["DownBlock2D"],
      up_block_types: ["UpBlock2D"],
      layers_per_block: 1,
    },
    { seed: 5 },
  );
  const double = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 2) }));
  const [x0, epsilon] = [noise(2, [4, 2]), noise(3, [4, 2])];
  const xt = qSample(schedule, x0, 50, epsilon);
  const times = tf.tensor1d([10, 20, 30, 40]);
  const distance = frechetDistance(fitGaussian(featuresOf(samples)), fitGaussian(featuresOf(noise(4, [50, 2]))));
  const values = (x: tf.Tensor): number[] => [...x.dataSync()];
  const short = linearSchedule({ T: 30 });
  const bound = variationalBound(gaussianDenoiser(short, [0, 0], 0.01), short, tf.mul(x0, 0.1), {
    noise: (t, shape) => noise(t, shape),
  });
  return {
    points: values(points),
    samples: values(samples),
    image: values(image.apply(noise(5, [1, 8, 8, 1]) as tf.Tensor4D, tf.tensor1d([3]))),
    compiled: values(double({ x: x0 }).y),
    loss: values(simpleLoss(denoiser.predict(xt, times, { label }), epsilon)),
    distance: [distance],
    bound: [bound.total],
    schedule: [...zeroTerminalSnr(schedule).alphaBar],
  };
}
