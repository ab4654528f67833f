/** Round robin: one sample of every subject, then the next of every subject, so that noise of the machine hits all. */
import { Stage } from "./stage.mjs";

/** @typedef {import("./subjects.mjs").Subject} Subject */
/** @typedef {Map<string, Map<Subject, number[]>>} Samples by figure */

/**
 * @typedef {object} Interleaving
 * @property {import("./scenario.mjs").Scenario} scenario
 * @property {import("./scenario.mjs").Size} size
 * @property {Subject[]} subjects
 * @property {number} runs
 * @property {boolean} fresh a new process for every sample
 * @property {import("./stage.mjs").Setting} setting
 * @property {(subject: Subject, run: number) => void} onSample called before each
 * @property {(error: Error) => void} onFailure of a subject, which is left out from then on
 * @property {Inspection} [inspection]
 */

/**
 * What surrounds the last sample of a subject: profiles and snapshots.
 * @typedef {object} Inspection
 * @property {(stage: Stage, subject: Subject) => Promise<void>} before
 * @property {(stage: Stage, subject: Subject) => Promise<void>} after
 */

/**
 * @param {Interleaving} interleaving
 * @returns {Promise<Samples>}
 */
export async function interleave(interleaving) {
  const { subjects, runs, onSample, onFailure } = interleaving;
  /** @type {Samples} */
  const samples = new Map();
  const stages = new Stages(interleaving);
  const left = new Set(subjects);
  try {
    for (let run = 0; run < runs; run++) {
      for (const subject of turned(subjects, run)) {
        if (!left.has(subject)) continue;
        onSample(subject, run);
        try {
          record(
            samples,
            subject,
            await sample(stages, subject, run === runs - 1 && interleaving.inspection),
          );
        } catch (error) {
          left.delete(subject);
          onFailure(/** @type {Error} */ (error));
        }
      }
    }
  } finally {
    await stages.close();
  }
  return samples;
}

/**
 * @param {Stages} stages
 * @param {Subject} subject
 * @param {Inspection | false | undefined} inspection
 */
async function sample(stages, subject, inspection) {
  const stage = await stages.take(subject);
  if (inspection) await inspection.before(stage, subject);
  const figures = await stages.scenario.measure(stage, stages.size);
  if (inspection) await inspection.after(stage, subject);
  await stages.release(subject);
  return figures;
}

/** The stages of a scenario: each kept from sample to sample, or new for each. */
class Stages {
  scenario;
  size;
  #fresh;
  #setting;
  /** @type {Map<Subject, Stage>} */
  #open = new Map();

  /** @param {Interleaving} interleaving */
  constructor({ scenario, size, fresh, setting }) {
    this.scenario = scenario;
    this.size = size;
    this.#fresh = fresh;
    this.#setting = setting;
  }

  /** @param {Subject} subject */
  async take(subject) {
    const kept = this.#open.get(subject);
    if (kept) return kept;
    const { scenario, size } = this;
    const open = {
      servers: Stage.ofServer,
      clusters: Stage.ofCluster,
      clients: Stage.ofGuest,
      codecs: Stage.ofGuest,
    }[scenario.kind];
    const stage = await open(scenario, subject, size, this.#setting);
    this.#open.set(subject, stage);
    await scenario.warmUp?.(stage, size);
    return stage;
  }

  /** @param {Subject} subject */
  async release(subject) {
    if (!this.#fresh) return;
    const stage = this.#open.get(subject);
    this.#open.delete(subject);
    await stage?.close();
  }

  async close() {
    await Promise.all([...this.#open.values()].map((stage) => stage.close()));
  }
}

/**
 * Starts each round with another subject, so that none always follows the same one.
 * @template T
 * @param {T[]} list
 * @param {number} by
 */
function turned(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

/**
 * @param {Samples} samples
 * @param {Subject} subject
 * @param {Record<string, number>} figures
 */
function record(samples, subject, figures) {
  for (const [key, value] of Object.entries(figures)) {
    const bySubject = samples.get(key) ?? new Map();
    samples.set(key, bySubject);
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), value]);
  }
}
