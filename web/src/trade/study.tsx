// The study of one instrument: is its price explosive, since when, when might it break, and how strong the evidence is.

import { useEffect, useState } from "preact/hooks";
import { PathPicture, PricePicture } from "../draw/study-picture";
import { Dialog } from "../parts/dialog";
import { count, measure, moment, NONE } from "../say/format";
import { say } from "../say/language";
import { sayError } from "../say/problem";
import { get } from "../wire/rest";
import type { GaugeStudy } from "../wire/types";

const EVERY_MS = 10_000;
const LIMITS = ["value", "chance", "down", "time"] as const;

export function Study({ name, onClose }: { name: string; onClose: () => void }) {
  const [study, setStudy] = useState<GaugeStudy | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let ended = false;
    const look = () => get<GaugeStudy>("/v1/gauge", { query: { instrument: name } })
      .then((found) => { if (!ended) { setStudy(found); setProblem(""); } })
      .catch((error: unknown) => { if (!ended) setProblem(sayError(error).text); });
    void look();
    const timer = setInterval(look, EVERY_MS);
    return () => { ended = true; clearInterval(timer); };
  }, [name]);
  return (
    <Dialog title={say("study.title", { instrument: name })} class="study" onClose={onClose}>
      {study ? <Found study={study} /> : <p class="empty">{problem || say("watch.loading")}</p>}
    </Dialog>
  );
}

function Found({ study }: { study: GaugeStudy }) {
  const gauge = study.gauge;
  if (!study.prices.length || gauge.p_any === null || gauge.strength === null) {
    return <p>{say("study.none", { count: count(gauge.observations), interval: gauge.interval })}</p>;
  }
  const critical = gauge.critical_time;
  return (
    <>
      <p class="evidence">{say(`evidence.${gauge.strength}`, { share: hundredths(gauge.p_any) })}</p>
      <dl class="study-facts">
        <Fact label={say("study.now")} value={say(gauge.is_explosive ? "gauge.explosive" : "gauge.calm")} />
        <Fact label={say("study.since")} value={moment(gauge.since_ns)} />
        <Fact label={say("study.p")} value={gauge.p === null ? NONE : measure(gauge.p, 3)} />
        <Fact label={say("study.p_any")} value={measure(gauge.p_any, 3)} />
        <Fact label={say("study.confidence")} value={critical ? say("study.with_p", { share: hundredths(critical.confidence), p: measure(critical.p, 2) }) : NONE} />
        <Fact label={say("study.critical")} value={critical?.low_ns ? say("study.range", { low: moment(critical.low_ns), high: moment(critical.high_ns) }) : NONE} />
      </dl>
      <figure>
        <PricePicture study={study} label={say("study.price")} />
        <figcaption>{say("study.price")}{study.critical_times_ns.length ? <span class="fan-key">{say("study.fan")}</span> : null}</figcaption>
      </figure>
      <figure>
        <PathPicture study={study} label={say("study.path")} />
        <figcaption>{say("study.path")}<span>{say("study.range", { low: moment(study.times_ns[0]), high: moment(study.times_ns.at(-1)) })}</span></figcaption>
      </figure>
      <h3>{say("unsaid.title")}</h3>
      <ul class="limits">{LIMITS.map((one) => <li key={one}>{say(`unsaid.${one}`)}</li>)}</ul>
    </>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return <div><dt>{label}</dt><dd class="num">{value}</dd></div>;
}

function hundredths(share: number): string {
  return measure(100 * share, share > 0 && share < 0.1 ? 1 : 0);
}
