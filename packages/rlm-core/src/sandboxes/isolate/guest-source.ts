import { createAnswer } from "./guest/answer.ts";
import { boot, type Parts } from "./guest/boot.ts";
import { installClock } from "./guest/clock.ts";
import { createEachString } from "./guest/each-string.ts";
import { createEvidence } from "./guest/evidence.ts";
import { createFind } from "./guest/find.ts";
import { createFormat } from "./guest/format.ts";
import type { GuestHost } from "./guest/host.ts";
import { harden } from "./guest/harden.ts";
import { createInspect } from "./guest/inspect.ts";
import { createLocate } from "./guest/locate.ts";
import { createLongLists } from "./guest/long-list.ts";
import { createLongTexts } from "./guest/long-text.ts";
import { createTextParts } from "./guest/text-parts.ts";
import { createTextPieces } from "./guest/text-pieces.ts";
import { createTextScan } from "./guest/text-scan.ts";
import { createKinds } from "./guest/kinds.ts";
import { createKits } from "./guest/kits.ts";
import { createMailbox } from "./guest/mailbox.ts";
import { createMap } from "./guest/map.ts";
import { createPrinted } from "./guest/output.ts";
import { createQueries } from "./guest/queries.ts";
import { captureRealm } from "./guest/realm.ts";
import { createVariables } from "./guest/variables.ts";

const parts: Parts = {
  captureRealm,
  harden,
  installClock,
  createKinds,
  createKits,
  createFormat,
  createPrinted,
  createMailbox,
  createQueries,
  createAnswer,
  createTextScan,
  createTextParts,
  createTextPieces,
  createLongTexts,
  createLongLists,
  createEachString,
  createFind,
  createLocate,
  createEvidence,
  createMap,
  createVariables,
  createInspect,
};

/** Names of the host's callbacks, in the order in which {@link guestSource} takes them. */
export const callbackNames: readonly (keyof GuestHost)[] = [
  "post",
  "ended",
  "exhausted",
  "answered",
  "printed",
  "schemaProblem",
  "fitProblem",
  "quoteForm",
  "readContext",
  "readRows",
  "readMember",
  "readLibrary",
  "digest",
  "variables",
];

/**
 * Body of a function of the host's callbacks and, as the last argument, the settings as JSON; boots the guest and returns
 * its entries. The source is that of the running functions, whatever transpiled them.
 */
export const guestSource: string = `"use strict";
const __name = (f) => f;
const host = {${callbackNames.map((name, index) => `${name}: $${index}`).join(", ")}};
const parts = {
${Object.entries(parts)
  .map(([name, part]) => `${name}: ${String(part)}`)
  .join(",\n")}
};
return (${String(boot)})(parts, host, JSON.parse($${callbackNames.length}));`;
