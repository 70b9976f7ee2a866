// Pictures completed by diffusion: super-resolution and inpainting, the picture a condition by concatenation.
export { restorationExamples, type RestorationExamplesOptions } from "./examples.js";
export { restorationTasks, type RestorationTask } from "./tasks.js";
export { RestorationModel, type RestorationDrawRequest, type RestorationParts } from "./model.js";
export { loadRestoration, saveRestoration } from "./folder.js";
