import { NINE_ROOMS, type Registration, registration } from "./level";
import { LANGUAGE_DEFAULTS, levelGen } from "./level-gen";

const { numDists, lockedRoomProb, locations, unblocking, implicitUnlock, actionKinds, instrKinds } =
  LANGUAGE_DEFAULTS;
const maze = { ...NINE_ROOMS, numDists };

const synth = levelGen({
  summary: "One command of any kind, in a maze that may have a locked room.",
  competences: [
    "Room",
    "Distractor",
    "Maze",
    "Unblock",
    "Unlock",
    "GoTo",
    "Open",
    "PickUp",
    "PutNext",
  ],
  options: { ...maze, lockedRoomProb, actionKinds },
  fixed: { instrKinds: ["action"], locations: false, unblocking: true, implicitUnlock: false },
});

const synthLoc = levelGen({
  summary: "As Synth, with objects also described by where they are.",
  competences: [
    "Room",
    "Distractor",
    "Maze",
    "Unblock",
    "Unlock",
    "GoTo",
    "Open",
    "PickUp",
    "PutNext",
    "Loc",
  ],
  options: { ...maze, lockedRoomProb, actionKinds },
  fixed: { instrKinds: ["action"], locations: true, unblocking: true, implicitUnlock: false },
});

const synthSeq = levelGen({
  summary: "As SynthLoc, with up to four commands in a row.",
  competences: [
    "Room",
    "Distractor",
    "Maze",
    "Unblock",
    "Unlock",
    "GoTo",
    "Open",
    "PickUp",
    "PutNext",
    "Loc",
    "Seq",
  ],
  options: { ...maze, lockedRoomProb, actionKinds, instrKinds },
  fixed: { locations: true, unblocking: true, implicitUnlock: false },
});

const everything = [
  "Room",
  "Distractor",
  "Maze",
  "Unblock",
  "Unlock",
  "ImpUnlock",
  "GoTo",
  "Open",
  "PickUp",
  "PutNext",
  "Loc",
  "Seq",
] as const;

const miniBossLevel = levelGen({
  summary: "Any sentence of the BabyAI language, in four small rooms.",
  competences: everything,
  options: { locations, unblocking, implicitUnlock, actionKinds, instrKinds },
  fixed: { numCols: 2, numRows: 2, roomSize: 5, numDists: 7, lockedRoomProb: 0.25 },
});

const bossLevel = levelGen({
  summary: "Any sentence of the BabyAI language, in nine rooms.",
  competences: everything,
  options: LANGUAGE_DEFAULTS,
});

const bossLevelNoUnlock = levelGen({
  summary: "Any sentence of the BabyAI language, without locked rooms.",
  competences: everything.filter(
    (competence) => competence !== "Unlock" && competence !== "ImpUnlock",
  ),
  options: { ...maze, locations, unblocking, actionKinds, instrKinds },
  fixed: { lockedRoomProb: 0, implicitUnlock: false },
});

export const synthLevels: Registration[] = [
  registration("BabyAI-Synth-v0", synth),
  registration("BabyAI-SynthS5R2-v0", synth, { roomSize: 5, numRows: 2 }),
  registration("BabyAI-SynthLoc-v0", synthLoc),
  registration("BabyAI-SynthSeq-v0", synthSeq),
  registration("BabyAI-MiniBossLevel-v0", miniBossLevel),
  registration("BabyAI-BossLevel-v0", bossLevel),
  registration("BabyAI-BossLevelNoUnlock-v0", bossLevelNoUnlock),
];
