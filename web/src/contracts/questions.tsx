// Questions: what will happen, and what people pay for each outcome.

import { useEffect } from "preact/hooks";
import { approximate, subtract } from "../exact/decimal";
import { Panel } from "../parts/panel";
import { measure, moment, NONE, number, short } from "../say/format";
import { say, sayOf } from "../say/language";
import { followQuestions, questions } from "../store/contracts";
import { go } from "../store/route";
import { side } from "../store/ticket";
import type { Outcome, Question } from "../wire/types";

export function QuestionCards() {
  useEffect(followQuestions, []);
  const all = questions.value;
  return (
    <main id="main" class="page cards">
      <h1 class="hidden">{say("place.events")}</h1>
      {all?.map((one) => <Card key={one.question_id} question={one} />)}
      {all?.length ? null : <p class="empty span3">{all ? say("events.none") : say("watch.loading")}</p>}
    </main>
  );
}

function Card({ question }: { question: Question }) {
  const title = sayOf("question", question.name.replace(/[^A-Za-z0-9]+/g, "_"), question.title || question.name);
  const note = question.status === "open" ? say("events.turnover", { amount: short(question.turnover) })
    : question.status === "proposed" ? say("events.proposed", { time: moment(question.due_ns) }) : say("events.resolved");
  return (
    <Panel title={title} note={note} class="question">
      <ul class="outcomes">{question.outcomes.map((one) => <OutcomeRow key={one.outcome} outcome={one} name={nameOf(question, one)} isOpen={question.status !== "resolved"} />)}</ul>
    </Panel>
  );
}

/** What an outcome says, without the question that it answers. */
function nameOf(question: Question, outcome: Outcome): string {
  const said = outcome.name.startsWith(`${question.title}: `) ? outcome.name.slice(question.title.length + 2) : outcome.name;
  return sayOf("outcome", said, said);
}

function OutcomeRow({ outcome, name, isOpen }: { outcome: Outcome; name: string; isOpen: boolean }) {
  const chance = outcome.payout ?? outcome.price;
  const trade = (way: "buy" | "sell") => () => {
    if (!outcome.instrument) return;
    side.value = way;
    go("trade", outcome.instrument);
  };
  return (
    <li style={{ "--part": approximate(chance).toFixed(4) }}>
      <span class="outcome-name">{name}</span>
      <b class="num">{chance === null ? NONE : `${measure(100 * approximate(chance), 0)}%`}</b>
      {outcome.payout !== null ? <span class="muted num">{say("events.pays", { payout: number(outcome.payout) })}</span> : isOpen && outcome.instrument ? (
        <span class="acts">
          <button type="button" class="small buy" onClick={trade("buy")}>{say("events.yes", { price: number(outcome.ask) })}</button>
          <button type="button" class="small sell" onClick={trade("sell")}>{say("events.no", { price: outcome.bid ? number(subtract("1", outcome.bid)) : NONE })}</button>
        </span>
      ) : null}
    </li>
  );
}
