/** Objects with a behaviour, and objects that a function of the library made: into them nothing is looked. */
export const VALUES = new Map([
  ["GaussianPath", "a path"],
  ["SdePath", "a path"],
  ["TimeNetwork", "a network"],
  ["TrainingInputs", "what a training hands to a network"],
  ["TrainingTask<TensorRecord>", "a task"],
  ["GenerativeModel<DrawRequest>", "a model"],
  ["DiffusionModel<DiffusionNetwork>", "a model"],
  ["DiffusionModelParts<DiffusionNetwork>", "a model is one"],
  ["DiffusionModelParts<N>", "a model is one"],
  ["DiffusionProcess", "what parseSchedulerConfig gives"],
  ["TrainingRecord", "what a file holds"],
  ["LossReport", "a trainer's report is one"],
  ["Picture", "a picture"],
  ["PictureSource", "whatever makes pictures"],
]);

/** They take no options, so that only what looks into records knows them. */
export const MADE = new Set([
  ...VALUES.keys(),
  ...["Schedule", "RespacedSchedule", "PathConfig", "Denoiser", "VarianceDenoiser", "SamplerEntry", "ImageDataset"],
  ...[
    "NetworkDescription",
    "EmojiPicture",
    "Figure",
    "LatentTokenizer",
    "StepperState",
    "TrainingState",
    "Obedience",
    "DiffusionConfig",
    "ModelConfig",
  ],
]);
