// The corner where short words appear; read out politely, and a problem's detail with it.

import { Icon } from "../parts/icon";
import { say } from "../say/language";
import { dismiss, notices } from "../store/notices";

export function Notices() {
  return (
    <div class="notices" role="log" aria-live="polite" aria-label={say("notices.label")}>
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice-card ${notice.kind}`}>
          <Icon name={notice.kind === "good" ? "check" : "warn"} />
          <p>{notice.text}{notice.detail ? <small lang="en">{notice.detail}</small> : null}</p>
          <button type="button" class="quiet square" aria-label={say("act.close")} onClick={() => dismiss(notice.id)}><Icon name="close" /></button>
        </div>
      ))}
    </div>
  );
}
