// Who is signed in, and for which of their accounts they act.

import { computed, signal } from "@preact/signals";
import { remembered } from "./remembered";
import { get, onSignedOut, post, ProblemError, remove } from "../wire/rest";
import type { Account, AccountPage, DemoSignIn, Session, SignIn, SignUp } from "../wire/types";

/** undefined while nobody knows yet. */
export const session = signal<Session | null | undefined>(undefined);
export const accounts = signal<Account[]>([]);
/** The account acted for; empty while signed out. */
export const account = signal("");

/** By itself, so that what follows it is not stirred by a session that was only looked up again. */
export const login = computed(() => session.value?.login ?? "");
export const signedIn = computed(() => Boolean(session.value));
export const isOperator = computed(() => session.value?.scopes.includes("operate") ?? false);
export const asking = signal(false); // Whether the sign-in dialog is open.

// Whether there was a session when this browser was last here: else nobody need be asked, which would answer 401.
const before = remembered<"yes" | "no">("session", "no", (text) => text === "yes" || text === "no");

onSignedOut(() => {
  if (session.peek()) enter(null); // It ended, or another one changed the password.
});

/** Who we are, at the start: asked only where there may be a session. The stream's hello corrects a wrong guess. */
export async function firstSession(): Promise<void> {
  if (before.value === "yes") await recallSession();
  else enter(null);
}

export async function recallSession(): Promise<void> {
  try {
    enter(await get<Session>("/v1/session"));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (error.problem.status === 401 || session.value === undefined) enter(null); // Else the venue is away: still signed in.
  }
}

export async function signIn(request: SignIn): Promise<void> {
  enter(await post<Session>("/v1/session", request));
}

export async function signUp(request: SignUp): Promise<void> {
  enter(await post<Session>("/v1/sign-up", request));
}

export async function enterDemo(role: NonNullable<DemoSignIn["role"]>): Promise<void> {
  enter(await post<Session>("/v1/session/demo", { role }));
}

export async function signOut(): Promise<void> {
  await remove("/v1/session");
  enter(null);
}

export async function loadAccounts(): Promise<void> {
  if (!session.value) return;
  const page = await get<AccountPage>("/v1/accounts", { query: { limit: 1000 } });
  accounts.value = page.items;
}

function enter(who: Session | null): void {
  const last = session.peek()?.login;
  session.value = who;
  before.value = who ? "yes" : "no";
  if (who?.login !== last) {
    accounts.value = [];
    account.value = who?.account ?? "";
  }
  if (who) {
    asking.value = false;
    void loadAccounts().catch(() => undefined); // The list is for switching; without it one acts for the master.
  }
}
