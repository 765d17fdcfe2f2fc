// The message catalogue: every visible text of the page, in every language.

import { access } from "./access";
import { contracts } from "./contracts";
import { money } from "./money";
import { operator } from "./operator";
import { problems } from "./problems";
import { shell } from "./shell";
import { study } from "./study";
import { trade } from "./trade";
import { words } from "./words";

export const catalogue = { ...shell, ...trade, ...study, ...contracts, ...money, ...access, ...operator, ...words, ...problems };
export const PARTS = { shell, trade, study, contracts, money, access, operator, words, problems };
export type Key = keyof typeof catalogue;
