// A dialog of the browser's own kind: it keeps the focus, closes on Escape, and gives the focus back.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { say } from "../say/language";
import { Icon } from "./icon";

export function Dialog({ title, onClose, children, class: kind = "" }: { title: string; onClose: () => void; children: ComponentChildren; class?: string }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => { if (before instanceof HTMLElement) before.focus(); };
  }, []);
  return (
    <dialog
      ref={ref} class={`dialog ${kind}`} aria-labelledby="dialog-title" onCancel={(event) => { event.preventDefault(); onClose(); }}
      onMouseDown={(event) => { if (event.target === event.currentTarget) onClose(); }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="quiet square" aria-label={say("act.close")} onClick={onClose}><Icon name="close" /></button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** Ask before what cannot be undone. */
export function Confirm({ title, text, act, onDone, onClose }: { title: string; text: string; act: string; onDone: () => void; onClose: () => void }) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="buttons">
        <button type="button" class="quiet" onClick={onClose}>{say("act.keep")}</button>
        <button type="button" class="danger" onClick={() => { onClose(); onDone(); }}>{act}</button>
      </div>
    </Dialog>
  );
}
