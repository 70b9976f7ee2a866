// CLIP: the contrastive task, retrieval, and the folder of both towers with their tokenizer.
export { ClipTask, type ClipBatch, type ClipTaskOptions } from "./task.js";
export { retrieval, type Retrieval, type RetrievalOptions, type RetrievalPairs } from "./retrieval.js";
export { clipPixels, openAiSpread, plainSpread, type ClipSpread } from "./pixels.js";
export { isClipFolder, loadClip, saveClip, type StoredClip } from "./folder.js";
